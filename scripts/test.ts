import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Every check of the project, one after the other, all of them even where one fails; the last line
 * counts what passed and failed. A skipped test counts as failed where `CI` is set.
 */
const root = join(import.meta.dirname, '..');
const folder = await mkdtemp(join(tmpdir(), 'jacker-test-'));
const counts = join(folder, 'counts');

const steps: { name: string; command: string; args: string[]; counted: boolean }[] = [
  { name: 'build', command: 'node', args: ['scripts/build.ts'], counted: false },
  { name: 'format', command: 'prettier', args: ['--check', '.'], counted: false },
  { name: 'lint', command: 'eslint', args: ['.'], counted: false },
  { name: 'types', command: 'tsc', args: ['--noEmit'], counted: false },
  {
    name: 'registry of controls',
    command: 'node',
    args: ['scripts/generate-registry.ts', '--check'],
    counted: false,
  },
  {
    name: 'generated files',
    command: 'node',
    args: ['scripts/generate.ts', '--check'],
    counted: false,
  },
  { name: 'unit tests', command: 'vitest', args: ['run', '--project', 'unit'], counted: true },
  { name: 'engine tests', command: 'vitest', args: ['run', '--project', 'engine*'], counted: true },
];

let passed = 0;
let failed = 0;
const summary: string[] = [];
for (const step of steps) {
  const start = performance.now();
  console.log(`\n== ${step.name}`);
  const result = await execa(step.command, step.args, {
    cwd: root,
    reject: false,
    preferLocal: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { JACKER_TEST_COUNTS: counts },
  });
  const ok = result.exitCode === 0;
  if (!step.counted) {
    if (ok) passed++;
    else failed++;
  } else {
    const text = await readFile(counts, 'utf8').catch(() => '');
    await rm(counts, { force: true });
    let seen = 0;
    for (const line of text.split('\n').filter(Boolean)) {
      const count = JSON.parse(line) as { passed: number; failed: number; skipped: number };
      passed += count.passed;
      failed += count.failed + (process.env['CI'] ? count.skipped : 0);
      seen += count.failed;
      if (count.skipped > 0) summary.push(`${step.name}: ${String(count.skipped)} skipped`);
    }
    // A run that broke off has counted nothing that failed.
    if (!ok && seen === 0) failed++;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  summary.push(`${ok ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)`);
}
await rm(folder, { recursive: true, force: true });
console.log(`\n${summary.join('\n')}\n${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = failed === 0 ? 0 : 1;
