import { createHash } from 'node:crypto';
import { allFiles, prepareFixture } from './project-fixture.ts';
import { renderPrepared } from '../../src/usecases/prepare.ts';

// Renders the project folder named first and prints the digest of each file.
const [directory = ''] = process.argv.slice(2);
const rendered = await renderPrepared(await prepareFixture(directory));
for (const [path, { content, mode }] of allFiles(rendered)) {
  const digest = createHash('sha256').update(content).digest('hex');
  process.stdout.write(`${digest} ${mode.toString(8)} ${path}\n`);
}
