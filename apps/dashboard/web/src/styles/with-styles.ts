/** For what is fetched when it is first needed, and may wear more than the first page does: the styles come with it. */
export function withStyles<File>(fetchFile: () => Promise<File>): () => Promise<File> {
  return async () => {
    const [file] = await Promise.all([fetchFile(), import("./others.css")]);
    return file;
  };
}
