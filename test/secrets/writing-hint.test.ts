import { execa } from 'execa';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { trimmingHint, writingHint } from '../../src/secrets/writing-hint.ts';
import { temporaryFolder } from '../io/temporary-folder.ts';

// What people are told to type is run as they would.

it('copies a PEM file whole, with all its lines', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "it's a folder.pem");
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  await writeFile(join(folder, 'mine.pem'), pem);
  const hint = writingHint({ help: 'Your certificate with its chain, PEM.' }, path);
  const command = hint.replace('Copy your file there: ', '').replace('FILE', 'mine.pem');
  await execa('sh', ['-c', command], { cwd: folder });
  expect(await readFile(path, 'utf8')).toBe(pem);
  expect((await stat(path)).mode & 0o777).toBe(0o440);
});

it('takes one line from the keyboard: no line end, nothing in the command itself', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'client-secret');
  const hint = writingHint({ help: 'The client secret that the provider gave you.' }, path);
  await execa('bash', ['-c', hint.replace('In bash: ', '')], { input: ' a b\\n$x \n' });
  expect(await readFile(path, 'utf8')).toBe(' a b\\n$x ');
  expect((await stat(path)).mode & 0o777).toBe(0o400);
});

it('takes a line end off', async () => {
  const path = join(await temporaryFolder(), 'secret');
  await writeFile(path, 'value\r\n');
  await execa('sh', ['-c', trimmingHint(path)]);
  expect(await readFile(path, 'utf8')).toBe('value');
});
