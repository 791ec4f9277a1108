/**
 * Takes out of the styles what no component of ours wears, and refuses to build a first page that wears what `styles/first.css` does not have. The component library's styles are one file for all
 * its components; each component's classes have names of their own (`m_77c9d27d`), which stand in the scripts as they stand in the styles.
 */
import postcss from "postcss";
import type { Plugin, Rolldown } from "vite";

const className = /\bm_[0-9a-f]{6,8}\b/g;
/** What is fetched before the first page can be seen, besides what it imports itself. */
const firstModules = /\/web\/src\/(main\.ts|start\.tsx|pages\/overview\/overview-page\.tsx)$/;

export function unusedStyles(): Plugin {
  return {
    name: "unused-styles",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const chunks = files.filter((file) => file.type === "chunk");
      const sheets = files.filter((file): file is Rolldown.OutputAsset => file.fileName.endsWith(".css"));
      const worn = wornBy(chunks);
      if (worn.size === 0) this.error("no script names a class of the component library");
      for (const sheet of sheets) sheet.source = withoutUnused(String(sheet.source), worn);

      const first = loadedFirst(chunks);
      const isFirst = new Set(first.flatMap(stylesOf));
      const has = (isWanted: boolean) =>
        namesIn(
          sheets.filter(({ fileName }) => isFirst.has(fileName) === isWanted).map(({ source }) => String(source)),
        );
      const [here, elsewhere] = [has(true), has(false)];
      const missing = [...wornBy(first)].filter((name) => elsewhere.has(name) && !here.has(name));
      if (missing.length > 0)
        this.error(`the first page wears ${missing.join(", ")}: add their styles to styles/first.css`);
    },
  };
}

/** What names several components stays while one of them is there. */
function withoutUnused(css: string, worn: ReadonlySet<string>): string {
  const root = postcss.parse(css);
  root.walkRules((rule) => {
    const left = rule.selectors.filter((selector) => {
      const named = selector.match(className);
      return named === null || named.some((name) => worn.has(name));
    });
    if (left.length === 0) rule.remove();
    else if (left.length < rule.selectors.length) rule.selectors = left;
  });
  return root.toString();
}

function loadedFirst(chunks: readonly Rolldown.OutputChunk[]): Rolldown.OutputChunk[] {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set(chunks.filter(({ moduleIds }) => moduleIds.some((id) => firstModules.test(id))));
  // A set that grows while it is walked is walked to its end.
  for (const { imports } of found) {
    for (const name of imports) {
      const chunk = byName.get(name);
      if (chunk !== undefined) found.add(chunk);
    }
  }
  return [...found];
}

function stylesOf(chunk: Rolldown.OutputChunk): string[] {
  return [...(chunk.viteMetadata?.importedCss ?? [])];
}

function wornBy(chunks: readonly Rolldown.OutputChunk[]): Set<string> {
  return namesIn(chunks.map(({ code }) => code));
}

function namesIn(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.match(className) ?? []));
}
