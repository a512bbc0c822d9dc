import { build } from 'esbuild';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preparedFiles, readPackageFiles, type PreparedPackage } from '../src/io/package-files.ts';
import { precompileTemplate } from '../src/render/template.ts';
import { partialFile } from '../src/render/template-engine.ts';
import { parsePackageServices } from '../src/usecases/project.ts';
import { thirdPartyLicences } from './third-party.ts';

/**
 * Bundles the program into `dist/`: every command is a chunk of its own, so that starting one loads
 * little. `dist/bin.cjs` is what people start: it runs on any Node, old ones too, to say so.
 */
const root = join(import.meta.dirname, '..');
// Made aside and put in place whole: who runs the program meanwhile finds the old one or the new.
const out = join(root, `dist.${String(process.pid)}`);
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/bin.ts' },
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minify: true,
  metafile: true,
  // They are collected below, with the texts that no comment holds.
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  // Optional native parts of the SSH client, which has plain JavaScript for both.
  external: ['cpu-features', '*.node'],
  // Bundled CommonJS asks for Node's own modules with require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; import { dirname as __pathOf } from 'node:path'; import { fileURLToPath as __fileOf } from 'node:url'; const require = __createRequire(import.meta.url); const __filename = __fileOf(import.meta.url); const __dirname = __pathOf(__filename);",
  },
});

await writeFile(
  join(out, 'THIRD-PARTY-LICENSES.txt'),
  await thirdPartyLicences(root, Object.keys(metafile.inputs)),
);

// What people start: readable for a Node of any age. The import stands in a file of its own, which
// an old one never reads.
//
// To a shell its second line starts Node, to Node that is a string and a comment. Without the --,
// Node takes options of its own out of the words after the script: a missing --env-file ends it with
// its own message, and one that is there may hold NODE_OPTIONS, which runs code. `env -S` could pass
// the --, but BusyBox and so Alpine have none.
const launcher = await readFile(join(root, 'src/launcher.cjs'), 'utf8');
await writeFile(join(out, 'bin.cjs'), `#!/bin/sh\n':' //; exec node -- "$0" "$@"\n${launcher}`, {
  mode: 0o755,
});
await writeFile(join(out, 'start.cjs'), "'use strict';\nvoid import('./main.js');\n");

// What every start would otherwise do again: read, parse and check the services, compile templates.
const files = await readPackageFiles(root);
const prepared: PreparedPackage = {
  files: Object.fromEntries(files),
  services: await parsePackageServices(files),
};
await writeFile(join(out, preparedFiles.content), JSON.stringify(prepared));
const compiled = [...files]
  .filter(([file]) => file.endsWith('.hbs'))
  .map(
    ([file, text]) =>
      `${JSON.stringify(file)}: ${precompileTemplate({ file, text: partialText(file, text) })},\n`,
  );
await writeFile(join(out, preparedFiles.templates), `export default {\n${compiled.join('')}};\n`);

const dist = join(root, 'dist');
const old = `${out}.old`;
await rename(dist, old).catch(ignoreMissing);
await rename(out, dist);
await rm(old, { recursive: true, force: true });

/** The style is used without the line end of its file; see {@link renderProject}. */
function partialText(file: string, text: string): string {
  return file === partialFile('style') ? text.trim() : text;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
