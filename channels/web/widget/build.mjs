// Builds ../static/widget.js. With --check it writes nothing and fails when the committed file is
// stale or too big; the same source always gives the same bytes.

import { readFile, writeFile, mkdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";

const SIZE_LIMIT = 15_360;
const here = new URL(".", import.meta.url);
const target = new URL("../static/widget.js", here);

/** Style sheets are adopted at run time, so they travel as minified text. */
const cssAsText = {
  name: "css-as-text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const { code } = await esbuild.transform(css, { loader: "css", minify: true, target: "chrome111" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const { outputFiles } = await esbuild.build({
  absWorkingDir: fileURLToPath(here),
  entryPoints: ["source/element.ts"],
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  target: ["chrome111", "firefox113", "safari16.4"],
  charset: "utf8",
  legalComments: "none",
  // Not tsconfig's own JSX runtime: calls of `h` are smaller.
  tsconfigRaw: {},
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: ["source/view/jsx.ts"],
  banner: {
    js: "/* The off-boarding assistant's widget, built from channels/web/widget. Contains Preact and eventsource-parser (MIT). */",
  },
  plugins: [cssAsText],
});

// A second pass, because every byte is fetched on every page of the company's site.
const { code } = await minify(outputFiles[0].text, {
  ecma: 2020,
  compress: { passes: 3, toplevel: true, unsafe_arrows: true, pure_getters: true },
  mangle: { toplevel: true },
  format: { comments: /off-boarding/ },
});
const built = Buffer.from(`${code}\n`);
const size = gzipSync(built, { level: 9 }).length;
console.log(`widget.js: ${built.length} bytes, ${size} gzipped (limit ${SIZE_LIMIT})`);
let failed = false;
const complain = (sentence) => {
  failed = true;
  console.error(sentence);
};

if (size > SIZE_LIMIT) complain(`widget.js is ${size - SIZE_LIMIT} bytes over its limit.`);
if (process.argv.includes("--check")) {
  const committed = await readFile(target).catch(() => Buffer.alloc(0));
  if (!committed.equals(built)) complain("channels/web/static/widget.js is stale: run `npm run build` and commit it.");
} else {
  await mkdir(new URL(".", target), { recursive: true });
  await writeFile(target, built);
}
process.exitCode = failed ? 1 : 0;
