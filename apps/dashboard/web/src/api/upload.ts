/** A file to the Admin API, with how much of it has arrived. `fetch` does not tell that; the older way does. */
import { type UploadedFile, uploadedFileSchema, uploadMediaType } from "@tera/admin-api/files";
import { ApiError, apiUrl, noAnswer, readAnswer } from "./client.ts";

export interface Upload {
  file: File;
  /** Whose it becomes. */
  accountId: string;
  /** @param share from 0 to 1 */
  onProgress(share: number): void;
  signal: AbortSignal;
}

/** @throws {ApiError} what the server refused, that it does not answer, or that the file cannot be read @throws {DOMException} `AbortError` */
export function uploadFile({ file, accountId, onProgress, signal }: Upload): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", apiUrl("/files", { accountId, filename: file.name }));
    request.setRequestHeader("content-type", uploadMediaType);
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total);
    request.onload = () => {
      try {
        resolve(readAnswer(uploadedFileSchema, request.status, parseJson(request.responseText)));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () => mustBeReadable(file).then(() => reject(noAnswer()), reject);
    request.onabort = () => reject(new DOMException("The upload was given up.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** Browsers give nothing of a file that was changed since it was chosen, and of a folder that was dropped. @throws {ApiError} */
export async function mustBeReadable(file: File): Promise<void> {
  const readable = await file
    .slice(0, 1)
    .arrayBuffer()
    .catch(() => undefined);
  if (readable !== undefined) return;
  const message = "It was changed since it was chosen, or is no file. Choose it again.";
  throw new ApiError("invalid_request", message, [{ path: "file", message }]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
