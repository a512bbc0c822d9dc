import { describe, expect, it } from 'vitest';
import { auditStack } from '../../src/audit/audit-stack.ts';
import { formatSarif } from '../../src/audit/format-sarif.ts';
import type { ReportedFinding, StackReport } from '../../src/audit/report-schema.ts';
import { applyEdits } from '../../src/compose/edit-text.ts';
import type { LoadedStack } from '../../src/compose/load-stack.ts';
import { controls } from '../../src/controls/registry.ts';
import { createProposer } from '../../src/remedy/proposed-edits.ts';
import { stackOf } from '../compose/stack-of.ts';
import { reportOf } from './report-of.ts';
import { corpusFile, corpusNames } from '../remedy/corpus.ts';

const known = new Map(controls.map((control) => [control.id, control]));

function examine(stack: LoadedStack): StackReport {
  return auditStack({
    controls,
    stack,
    waivers: [],
    today: '2026-06-01',
    fixOf: createProposer(known)(stack),
  });
}

const placeOf = ({ control, subject, path }: ReportedFinding): string =>
  JSON.stringify([control, subject, path]);
const failures = (report: StackReport): string[] =>
  report.findings.filter(({ status }) => status === 'fail').map(placeOf);

describe('a proposed edit', () => {
  it('mends its finding in every stack of the corpus, and makes no stack worse', async () => {
    const mended = new Set<string>();
    for (const name of corpusNames) {
      const files: Record<string, string> = { 'compose.yml': corpusFile(name).text };
      const report = examine(await stackOf(files));
      const before = failures(report);
      for (const finding of report.findings.filter(({ fix }) => fix !== undefined)) {
        const file = finding.fix?.[0]?.file ?? '';
        const text = files[file];
        if (text === undefined) throw new Error(`${name}: a fix in ${file}`);
        const edited = applyEdits(text, finding.fix ?? []);
        const mendedReport = examine(await stackOf({ ...files, [file]: edited }));
        const after = failures(mendedReport);
        const what = `${name} ${placeOf(finding)}`;
        expect(after.filter((one) => one === placeOf(finding)).length, what).toBeLessThan(
          before.filter((one) => one === placeOf(finding)).length,
        );
        // What a grave finding was about may show a lesser one behind it.
        expect(mendedReport.score.score, what).toBeGreaterThanOrEqual(report.score.score);
        mended.add(finding.control);
      }
    }
    expect(mended.size).toBeGreaterThan(8);
  }, 120_000);

  it('is a replacement of SARIF, whose columns count as JavaScript does', async () => {
    const text = 'services:\n  "web😀": { image: "nginx:1.27" } # 😀\n';
    const stack = await stackOf({ 'compose.yml': text });
    const report = examine(stack);
    const log = JSON.parse([...formatSarif(reportOf(report), known)].join('')) as {
      runs: {
        columnKind: string;
        results: {
          ruleId: string;
          fixes?: {
            artifactChanges: {
              artifactLocation: { uri: string };
              replacements: {
                deletedRegion: Record<
                  'startLine' | 'startColumn' | 'endLine' | 'endColumn',
                  number
                >;
                insertedContent: { text: string };
              }[];
            }[];
          }[];
        }[];
      }[];
    };
    expect(log.runs[0]?.columnKind).toBe('utf16CodeUnits');
    const fixes = (log.runs[0]?.results ?? []).flatMap((result) => result.fixes ?? []);
    expect(fixes.length).toBeGreaterThan(2);
    for (const { artifactChanges } of fixes) {
      expect(artifactChanges.map(({ artifactLocation }) => artifactLocation.uri)).toEqual([
        'compose.yml',
      ]);
      const lines = text.split('\n');
      const offset = (line: number, column: number): number =>
        lines.slice(0, line - 1).reduce((all, one) => all + one.length + 1, 0) + column - 1;
      const edited = applyEdits(
        text,
        (artifactChanges[0]?.replacements ?? []).map(({ deletedRegion: at, insertedContent }) => ({
          start: offset(at.startLine, at.startColumn),
          end: offset(at.endLine, at.endColumn),
          text: insertedContent.text,
        })),
      );
      expect(failures(examine(await stackOf({ 'compose.yml': edited }))).length).toBeLessThan(
        failures(report).length,
      );
    }
  });

  it('is not made where the service may need what it would take', async () => {
    const text = 'services:\n  app:\n    image: example.org/own:1\n    user: root\n';
    const { findings } = examine(await stackOf({ 'compose.yml': text }));
    const keys = findings.flatMap(({ fix }) => (fix ?? []).map((edit) => edit.text));
    expect(keys.some((one) => one.includes('no-new-privileges'))).toBe(true);
    expect(keys.filter((one) => /cap_drop|read_only|user/.test(one))).toEqual([]);
  });
});
