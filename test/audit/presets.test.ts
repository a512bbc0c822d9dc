import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditReport } from '../../src/audit/report-schema.ts';
import { inFolder, jacker } from '../cli/binary.ts';

/** Severities of which a preset may not even accept one. */
const grave = new Set(['critical', 'high', 'medium']);

describe('the stack of a new project', () => {
  it.each(['minimal', 'standard', 'full'])(
    'of the preset %s has next to nothing to find',
    (preset) =>
      inFolder(async (folder) => {
        expect((await jacker(folder, ['init', '--no-input', '--preset', preset])).exitCode).toBe(0);
        expect((await jacker(folder, ['secrets', 'generate'])).exitCode).toBe(0);
        const { exitCode, stdout } = await jacker(folder, [
          'audit',
          '--json',
          '--fail-on',
          'medium',
        ]);
        expect(exitCode).toBe(0);
        const [stack] = (JSON.parse(stdout) as AuditReport).stacks;
        expect(stack?.gaps).toEqual([]);
        expect(stack?.score.score).toBeGreaterThanOrEqual(97);
        expect(stack?.score.coverage).toBeGreaterThanOrEqual(0.98);
        const accepted = stack?.findings.filter((one) => one.waiver ?? one.exception) ?? [];
        expect(accepted.filter(({ severity }) => grave.has(severity))).toEqual([]);
        // The images have a digest once up has asked their registries.
        expect([...new Set(stack?.findings.map(({ control }) => control))]).toEqual(['J-IMG-02']);
      }),
  );

  it('looks at the files of its secrets, too', () =>
    inFolder(async (folder) => {
      await jacker(folder, ['init', '--no-input']);
      await jacker(folder, ['secrets', 'generate']);
      const read = async (): Promise<AuditReport> =>
        JSON.parse(
          (await jacker(folder, ['audit', '--json', '--control', 'J-CRD-06'])).stdout,
        ) as AuditReport;
      const [before] = (await read()).stacks;
      expect(before?.findings).toEqual([]);
      expect(before?.controls[0]?.pass).toBeGreaterThan(8);
      await chmod(join(folder, 'secrets/redis-admin'), 0o444);
      const [after] = (await read()).stacks;
      expect(after?.findings.map(({ subject }) => subject)).toEqual(['secrets/redis-admin']);
    }));
});
