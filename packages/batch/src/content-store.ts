/** Where the bytes of files lie. Each way of keeping them is one of these. */
export interface ByteRange {
  /** From 0. */
  start: number;
  length: number;
}

export interface ContentStore {
  /**
   * Keeps what comes, piece by piece, in bounded memory. When it fails, or the source does, nothing stays.
   * @returns how many bytes it was.
   */
  write(id: string, source: AsyncIterable<Uint8Array>): Promise<number>;
  /** Piece by piece, as it is read. @throws when there is no such content. */
  read(id: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Harmless when there is nothing. */
  remove(id: string): Promise<void>;
}
