import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { auditReportSchema } from '../src/audit/report-schema.ts';
import { serviceFileJsonSchema } from '../src/catalog/service-file-schema.ts';
import { renderControlsDocument } from '../src/controls/document.ts';
import { controls } from '../src/controls/registry.ts';
import { nodeWorld } from '../src/io/node-world.ts';
import { packageRoot } from '../src/io/package-files.ts';
import {
  renderEnvDefaults,
  renderSettingsTable,
  settingsJsonSchema,
} from '../src/settings/document.ts';
import { loadCatalog, settingDefinitions } from '../src/usecases/project.ts';

/**
 * Writes every file that follows from the code: schemas, `.env.defaults`, tables of the docs. With
 * `--check` nothing is written, and a file that differs ends it with 1.
 */
const root = packageRoot();
const check = process.argv.includes('--check');
const world = nodeWorld({ color: 'never' });
// A folder without `services/`: the catalog of the package alone.
const { catalog } = await loadCatalog(world, root, join(root, 'schemas'));
world.close();
const definitions = settingDefinitions(catalog);
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const files = new Map<string, string>([
  ['schemas/service.schema.json', json(serviceFileJsonSchema())],
  ['schemas/settings.schema.json', json(settingsJsonSchema(definitions))],
  ['schemas/audit-report.schema.json', json(z.toJSONSchema(auditReportSchema))],
  ['.env.defaults', renderEnvDefaults(definitions)],
  ['docs/settings.md', `# Settings\n\n${renderSettingsTable(definitions)}`],
  ['docs/controls.md', renderControlsDocument(controls)],
]);
const readme = await readFile(join(root, 'README.md'), 'utf8');
files.set(
  'README.md',
  readme.replace(
    /(<!-- settings:begin -->\n)[^]*?(<!-- settings:end -->)/,
    (_, begin: string, end: string) => `${begin}${renderSettingsTable(definitions)}${end}`,
  ),
);

let stale = 0;
for (const [path, content] of files) {
  const file = join(root, path);
  const current = await readFile(file, 'utf8').catch(() => null);
  if (current === content) continue;
  stale++;
  if (check) {
    console.error(`${path} is out of date: run npm run generate`);
    continue;
  }
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  console.log(`wrote ${path}`);
}
process.exitCode = check && stale > 0 ? 1 : 0;
