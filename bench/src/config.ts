/** What a benchmark takes from its environment: the only reader of `process.env` here. */

/** Debian keeps servers where only root's PATH looks. */
export const searchPath = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
