/** Files and batches: what is kept of them, and how a line becomes a result and a charge. Nothing here knows routes, queues or engines. */
export { type BatchStore, createBatchStore, type NewBatch } from "./batch-store.ts";
export { checkSize, type UploadRules } from "./check-upload.ts";
export type { ByteRange, ContentStore } from "./content-store.ts";
export { fileSettings, readS3Settings, readUploadRules, type S3Settings, uploadSettings } from "./file-settings.ts";
export { createFileStore, type FileQuery, type FileStore, type NewFile, newFileId, type Upload } from "./file-store.ts";
export { countLane, type LaneCounts } from "./lane-counts.ts";
export { type LaneFigures, readLaneFigures } from "./lane-figures.ts";
export {
  createLineStore,
  type LineEnd,
  type LineStore,
  type NewLine,
  type OpenLine,
  type RunningLine,
} from "./line-store.ts";
export { type BatchListQuery, findListedBatch, type ListedBatch, listBatches } from "./list-batches.ts";
export { type FileStores, openFileStores } from "./open-file-stores.ts";
export { type OutputFiles, writeOutputFiles } from "./output-files.ts";
export { createPostgresContent } from "./postgres-content.ts";
export { parseRequestLine, type RequestLine } from "./request-line.ts";
export { createLineScanner, type LineLimits, type ScannedLine, scanLines } from "./scan-lines.ts";
export { type BatchStart, batchMetadataSchema, startBatch } from "./start-batch.ts";
export { createUploadDesk, type UploadDesk } from "./upload-desk.ts";
export { createUploadPatience, type UploadPatience } from "./upload-patience.ts";
export { type ValidationOptions, validateBatch } from "./validate-batch.ts";
export { withLock } from "./with-lock.ts";
