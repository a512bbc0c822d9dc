import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { rolldown, type OutputOptions, type Plugin, type RolldownBuild } from 'rolldown';
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
 *
 * The source is ES modules, what is written is CommonJS: Node starts its loader of ES modules, and
 * reads every property of each of its own modules that one imports, only when it meets the first.
 * That is some milliseconds of every command.
 */
const root = join(import.meta.dirname, '..');
// Made aside and put in place whole: who runs the program meanwhile finds the old one or the new.
const out = join(root, `dist.${String(process.pid)}`);
const bundle = await rolldown({
  cwd: root,
  input: { main: 'src/bin.ts' },
  platform: 'node',
  // Optional native parts of the SSH client, which has plain JavaScript for both.
  external: ['cpu-features', /\.node$/],
  checks: { ineffectiveDynamicImport: false },
  plugins: [lateChildProcess()],
});
const format: OutputOptions = {
  format: 'cjs',
  minify: true,
  // They are collected below, with the texts that no comment holds.
  comments: { legal: false },
  entryFileNames: '[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
};
const core = await coreModules(bundle, format);
const { output } = await bundle.write({
  ...format,
  dir: out,
  codeSplitting: { groups: [{ debugName: 'core', name: (id) => (core.has(id) ? 'core' : null) }] },
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

// What people start: readable for a Node of any age. An old one never reads the rest.
//
// To a shell its second line starts Node, to Node that is a string and a comment. Without the --,
// Node takes options of its own out of the words after the script: a missing --env-file ends it with
// its own message, and one that is there may hold NODE_OPTIONS, which runs code. `env -S` could pass
// the --, but BusyBox and so Alpine have none.
const launcher = await readFile(join(root, 'src/launcher.cjs'), 'utf8');
await writeFile(join(out, 'bin.cjs'), `#!/bin/sh\n':' //; exec node -- "$0" "$@"\n${launcher}`, {
  mode: 0o755,
});

// What every start would otherwise do again: read, parse and check the services, compile templates.
const files = readPackageFiles(root);
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
await writeFile(join(out, preparedFiles.templates), `module.exports = {\n${compiled.join('')}};\n`);

const dist = join(root, 'dist');
const old = `${out}.old`;
await rename(dist, old).catch(ignoreMissing);
await rename(out, dist);
await rm(old, { recursive: true, force: true });

/**
 * The modules of the one file: those of the chunk that is started and of the chunks that it imports
 * at once, where each chunk is what the same commands use. Not the entry itself, which waits for the
 * command that it calls: a chunk that imported it would wait for itself.
 */
async function coreModules(
  build: RolldownBuild,
  options: OutputOptions,
): Promise<ReadonlySet<string>> {
  const { output: chunks } = await build.generate(options);
  const byName = new Map(
    chunks.flatMap((chunk) => (chunk.type === 'chunk' ? [[chunk.fileName, chunk] as const] : [])),
  );
  const reached = new Set(
    [...byName.values()].filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName),
  );
  // A set visits what is added to it meanwhile.
  for (const name of reached) byName.get(name)?.imports.forEach((other) => reached.add(other));
  const modules = [...reached].flatMap((name) => byName.get(name)?.moduleIds ?? []);
  return new Set(modules.filter((id) => id !== join(root, 'src/bin.ts')));
}

/**
 * Commander imports what starts processes at once, for subcommands that are programs of their own.
 * There are none here: it gets a module that loads it when it is used.
 */
function lateChildProcess(): Plugin {
  const id = '\0late-child-process';
  const code =
    "export default { get spawn() { return process.getBuiltinModule('node:child_process').spawn; } };";
  return {
    name: 'late-child-process',
    resolveId: (source, importer) =>
      source === 'node:child_process' && importer?.includes('/node_modules/commander/') ? id : null,
    load: (asked) => (asked === id ? code : null),
  };
}

/** The style is used without the line end of its file; see {@link renderProject}. */
function partialText(file: string, text: string): string {
  return file === partialFile('style') ? text.trim() : text;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
