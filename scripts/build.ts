import { build } from 'esbuild';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Bundles the program into `dist/`: every command is a chunk of its own, so that starting one loads
 * little. `dist/bin.cjs` is what people start: it runs on any Node, old ones too, to say so.
 */
const root = join(import.meta.dirname, '..');
const { default: manifest } = (await import('../package.json', { with: { type: 'json' } })) as {
  default: { version: string; engines: { node: string } };
};

await rm(join(root, 'dist'), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/bin.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  minify: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  // Optional native parts of the SSH client, which has plain JavaScript for both.
  external: ['cpu-features', '*.node'],
  // Bundled CommonJS asks for Node's own modules with require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; import { dirname as __pathOf } from 'node:path'; import { fileURLToPath as __fileOf } from 'node:url'; const require = __createRequire(import.meta.url); const __filename = __fileOf(import.meta.url); const __dirname = __pathOf(__filename);",
  },
});

const minimum = manifest.engines.node.replace('>=', '');
// Written for Node of any age: no syntax after 2009.
await writeFile(
  join(root, 'dist/bin.cjs'),
  `#!/usr/bin/env node
'use strict';
var wanted = '${minimum}'.split('.').map(Number);
var here = process.versions.node.split('.').map(Number);
if (here[0] < wanted[0] || (here[0] === wanted[0] && here[1] < wanted[1])) {
  process.stderr.write('Jacker needs Node.js ${minimum} or newer; this is ' + process.versions.node + '. Install a newer one from https://nodejs.org/\\n');
  process.exit(2);
}
var words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write('${manifest.version}\\n');
} else {
  var module_ = require('node:module');
  if (module_.enableCompileCache) module_.enableCompileCache();
  import('./main.js');
}
`,
  { mode: 0o755 },
);
