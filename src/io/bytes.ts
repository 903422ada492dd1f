/**
 * The seam between bytes and everything that reads them. A file, a pipe, a decompressed stream, a browser's File and a
 * test's array all look alike from here on.
 */
export interface Bytes {
  /** What to call it in messages: a path, or `-` for standard input. */
  readonly name: string;
  /** Length in bytes when it is known before reading; undefined for a pipe. */
  readonly length: number | undefined;
  /**
   * Reads up to `into.length` bytes at `offset` into `into`; returns how many there were (0 at the end). Undefined where the
   * source cannot seek: use {@link chunks}, or `spool` it first. Concurrent calls are allowed.
   */
  readonly readAt: ((offset: number, into: Uint8Array) => number | Promise<number>) | undefined;
  /** The whole source from its beginning, in pieces of any size. A source that cannot seek may be asked only once. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Where the files of a folder lie that is one recording, the first of them the one with the header; undefined for a single source. */
  readonly parts?: readonly { readonly offset: number; readonly size: number }[] | undefined;
  /** Where a compressed source broke off; known once {@link chunks} ended. The bytes before it are good. */
  readonly tear: Tear | undefined;
  /** Releases what it holds: file descriptors, temporary files. */
  close(): Promise<void>;
}

/** The place where a source broke off, as a byte of the file the user named. */
export interface Tear {
  readonly byte: number;
  readonly reason: string;
}
