/** A file to the Admin API, with how much of it has arrived. `fetch` does not tell that; the older way does. */
import { type UploadedFile, uploadedFileSchema, uploadMediaType } from "@tera/admin-api/files";
import { apiUrl, noAnswer, readAnswer } from "./client.ts";

export interface Upload {
  file: File;
  /** Whose it becomes. */
  accountId: string;
  /** @param share from 0 to 1 */
  onProgress(share: number): void;
  signal: AbortSignal;
}

/** @throws {ApiError} what the server refused, or that it does not answer @throws {DOMException} `AbortError` */
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
    request.onerror = () => reject(noAnswer());
    request.onabort = () => reject(new DOMException("The upload was given up.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
