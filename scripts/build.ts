import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { rolldown, type GetModuleInfo } from 'rolldown';
import { preparedFiles, readPackageFiles, type PreparedPackage } from '../src/io/package-files.ts';
import { precompileTemplate } from '../src/render/template.ts';
import { partialFile } from '../src/render/template-engine.ts';
import { joinDefinitions } from '../src/settings/schema.ts';
import { parsePackageServices, settingDefinitions } from '../src/usecases/project.ts';
import { thirdPartyLicences } from './third-party.ts';

/**
 * Bundles the program into `dist/`: what nearly every command needs is one file, and the rest of a
 * command is a chunk of its own, so that starting one reads few files and little of what it does not
 * use. `dist/bin.cjs` is what people start: it runs on any Node, old ones too, to say so.
 */
const root = join(import.meta.dirname, '..');
/** See {@link coreModules}. */
const core = new Set<string>();
// Made aside and put in place whole: who runs the program meanwhile finds the old one or the new.
const out = join(root, `dist.${String(process.pid)}`);
const bundle = await rolldown({
  cwd: root,
  input: { main: 'src/bin.ts' },
  platform: 'node',
  // Optional native parts of the SSH client, which has plain JavaScript for both.
  external: ['cpu-features', /\.node$/],
  checks: { ineffectiveDynamicImport: false },
});
const { output } = await bundle.write({
  dir: out,
  format: 'esm',
  minify: true,
  // They are collected below, with the texts that no comment holds.
  comments: { legal: false },
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: {
    groups: [
      { debugName: 'core', name: (id, graph) => (coreModules(graph).has(id) ? 'core' : null) },
    ],
  },
  // Bundled CommonJS asks for where it is.
  banner:
    "import { dirname as __pathOf } from 'node:path'; import { fileURLToPath as __fileOf } from 'node:url'; const __filename = __fileOf(import.meta.url); const __dirname = __pathOf(__filename);",
});
await bundle.close();
const inputs = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));

await writeFile(
  join(out, 'THIRD-PARTY-LICENSES.txt'),
  await thirdPartyLicences(
    root,
    inputs.map((id) => relative(root, id)),
  ),
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
const services = await parsePackageServices(files);
// Throws for a setting that could never work.
joinDefinitions(
  settingDefinitions(new Map(services.map((one) => [one.name, one]))).map((one) => ({
    ...one,
    checked: false,
  })),
);
const prepared: PreparedPackage = { files: Object.fromEntries(files), services };
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

/**
 * The modules of the one file: what the entry imports at once. Not the entry itself, which waits for
 * the command that it calls: a chunk that imported it would wait for itself.
 */
function coreModules(graph: { getModuleInfo: GetModuleInfo }): ReadonlySet<string> {
  if (core.size > 0) return core;
  const entry = join(root, 'src/bin.ts');
  const waiting = [entry];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (core.has(id)) continue;
    core.add(id);
    waiting.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  core.delete(entry);
  return core;
}

/** The style is used without the line end of its file; see {@link renderProject}. */
function partialText(file: string, text: string): string {
  return file === partialFile('style') ? text.trim() : text;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
