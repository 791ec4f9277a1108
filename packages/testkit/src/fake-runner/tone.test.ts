import { expect, test } from "vitest";
import { fakeSpeech, speechSamples } from "./speech.ts";
import { mp3FrameBytes, mp3FrameSamples, sampleRate } from "./tone.ts";

test("a WAV says its own length, and holds the PCM of the same speech", () => {
  const samples = speechSamples("hello", 1, 20);
  const wav = fakeSpeech("wav", samples);
  expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
  expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
  expect(wav.readUInt32LE(24)).toBe(sampleRate);
  expect(wav.readUInt32LE(40)).toBe(samples * 2);
  expect(wav.subarray(44).equals(fakeSpeech("pcm", samples))).toBe(true);
});

test("the PCM is a tone of 440 Hz", () => {
  const pcm = fakeSpeech("pcm", sampleRate);
  let rises = 0;
  for (let at = 2; at < pcm.length; at += 2) if (pcm.readInt16LE(at - 2) < 0 && pcm.readInt16LE(at) >= 0) rises++;
  expect(Math.abs(rises - 440)).toBeLessThanOrEqual(1);
});

test("an MP3 is whole frames of MPEG-2 Layer III, 32 kbit/s, 24 kHz, mono", () => {
  const frames = 7;
  const mp3 = fakeSpeech("mp3", frames * mp3FrameSamples);
  expect(mp3.length).toBe(frames * mp3FrameBytes);
  for (let frame = 0; frame < frames; frame++) expect(mp3.readUInt32BE(frame * mp3FrameBytes)).toBe(0xff_f3_44_c0);
});

test("twice the speed is half as long", () => {
  expect(speechSamples("x".repeat(1000), 2, 20)).toBe(speechSamples("x".repeat(500), 1, 20));
});
