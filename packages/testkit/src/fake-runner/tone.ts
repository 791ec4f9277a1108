/** Sound that the fake runner "speaks": a sine, as PCM, WAV or MP3, at 24 kHz, mono. */

export const sampleRate = 24_000;
const frequencyHz = 440;
const amplitude = 8_000;

/** Signed 16-bit little-endian samples of the tone, from sample `from`; pieces made one by one join without a click. */
export function pcmTone(from: number, samples: number): Buffer {
  const pcm = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at++) {
    const phase = (2 * Math.PI * frequencyHz * (from + at)) / sampleRate;
    pcm.writeInt16LE(Math.round(amplitude * Math.sin(phase)), at * 2);
  }
  return pcm;
}

/** The 44 bytes before `dataBytes` of 16-bit mono PCM in a RIFF WAVE file. */
export function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

/** Samples in one MP3 frame at this rate (MPEG-2 has one granule per frame). */
export const mp3FrameSamples = 576;
/** 32 kbit/s at 24 kHz: 72 x 32000 / 24000, without padding. */
export const mp3FrameBytes = 96;

/**
 * One frame of MPEG-2 Layer III (ISO/IEC 13818-3), written bit by bit: of the 576 frequency lines only one is not zero, so no encoder is
 * needed to make a valid tone of about 344 Hz. The line's sign follows ++-- from frame to frame, as that of a steady sine does there.
 *
 * @param index the frame's place in the stream.
 */
export function mp3ToneFrame(index: number): Buffer {
  const bits: string[] = [];
  const put = (value: number, width: number) => bits.push(value.toString(2).padStart(width, "0"));
  // Header: sync, MPEG-2, Layer III, no CRC; 32 kbit/s, 24 kHz, no padding; mono.
  put(0xff_f3_44_c0, 32);
  // Side information: no bit reservoir, one private bit, then the granule: 21 bits of main data, no big values.
  put(0, 9);
  put(21, 12);
  put(0, 9);
  put(globalGain, 8);
  put(0, 9 + 1 + 15 + 4 + 3 + 1);
  // Table B for the quadruples of small values: each is four inverted bits, then a sign per value that is not zero.
  put(1, 1);
  // Main data: lines 0 to 15 are zero, line 16 is plus or minus one.
  put(0xffff, 16);
  put(0b0111, 4);
  put(index % 4 < 2 ? 0 : 1, 1);
  const text = bits.join("").padEnd(mp3FrameBytes * 8, "0");
  const frame = Buffer.alloc(mp3FrameBytes);
  for (let at = 0; at < mp3FrameBytes; at++) frame[at] = Number.parseInt(text.slice(at * 8, at * 8 + 8), 2);
  return frame;
}

/** Loudness of the one line, in quarter powers of two around 210: a fifth of full scale. */
const globalGain = 200;
