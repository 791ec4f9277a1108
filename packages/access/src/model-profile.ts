/**
 * `ModelProfile`: one model as clients may rely on it, from what its replicas say and what the operator says. Pure.
 *
 * What the operator set wins. Of several replicas only what all of them offer is promised, because a request may end up on any of them:
 * the smallest context, the features, modalities and sampling parameters that they share, and a text only where they agree. The result does
 * not depend on the order of the replicas.
 */
import {
  defaultReasoningField,
  type InputModality,
  inputModalities,
  isHuggingFaceId,
  type ModelFeature,
  modelFeatures,
  type OutputModality,
  outputModalities,
  type ReasoningField,
  type ServedModel,
} from "@tera/protocol";
import type { ModelSettings } from "./model-store.ts";

export interface ModelProfile {
  readonly id: string;
  /** Other names that clients may ask for it by. */
  readonly aliases: readonly string[];
  readonly name: string;
  readonly description: string;
  /** Null: the id is no Hugging Face id, and the operator named none. */
  readonly huggingFaceId: string | null;
  readonly ownedBy: string;
  /** Tokens that prompt and answer may have together; null: nobody says. */
  readonly contextLength: number | null;
  /** Tokens that an answer may have, never more than the context; null: nobody says. */
  readonly maxOutputLength: number | null;
  readonly inputModalities: readonly InputModality[];
  readonly outputModalities: readonly OutputModality[];
  readonly quantization: string | null;
  readonly features: readonly ModelFeature[];
  readonly samplingParameters: readonly string[];
  readonly reasoningField: ReasoningField;
  readonly alwaysListed: boolean;
}

/**
 * @param replicas what each replica says of the model; empty: nobody serves it.
 * @param settings undefined: the operator says nothing.
 */
export function describeModel(
  id: string,
  replicas: readonly ServedModel[],
  settings: ModelSettings | undefined,
): ModelProfile {
  const contextLength = settings?.contextLength ?? smallest(replicas.map((replica) => replica.contextLength));
  const shared = <Item>(all: readonly Item[], read: (replica: ServedModel) => readonly Item[]) =>
    all.filter((item) => replicas.every((replica) => read(replica).includes(item)));
  const agreed = (read: (replica: ServedModel) => string | undefined) => {
    const [first, ...others] = replicas.map(read);
    return others.every((other) => other === first) ? first : undefined;
  };
  return {
    id,
    aliases: settings?.aliases ?? [],
    name: settings?.name ?? agreed(({ name }) => name) ?? id,
    description: settings?.description ?? agreed(({ description }) => description) ?? "",
    huggingFaceId: settings?.huggingFaceId ?? (isHuggingFaceId(id) ? id : null),
    ownedBy: settings?.ownedBy ?? agreed(({ ownedBy }) => ownedBy) ?? "unknown",
    contextLength,
    maxOutputLength: smallest([settings?.maxOutputLength, contextLength]),
    inputModalities: settings?.inputModalities ?? orText(shared(inputModalities, (each) => each.inputModalities)),
    outputModalities: settings?.outputModalities ?? orText(shared(outputModalities, (each) => each.outputModalities)),
    quantization: settings?.quantization ?? agreed(({ quantization }) => quantization) ?? null,
    features: settings?.features ?? (replicas.length === 0 ? [] : shared(modelFeatures, ({ features }) => features)),
    samplingParameters: shared(replicas[0]?.samplingParameters.toSorted() ?? [], (each) => each.samplingParameters),
    reasoningField: settings?.reasoningField ?? defaultReasoningField,
    alwaysListed: settings?.alwaysListed ?? false,
  };

  /** Without a replica every modality would be shared by all of them. */
  function orText<Modality extends string>(modalities: Modality[]): (Modality | "text")[] {
    return replicas.length === 0 ? ["text"] : modalities;
  }
}

function smallest(lengths: readonly (number | null | undefined)[]): number | null {
  const known = lengths.filter((length) => length != null);
  return known.length === 0 ? null : Math.min(...known);
}
