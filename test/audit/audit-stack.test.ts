import { describe, expect, it } from 'vitest';
import { auditStack } from '../../src/audit/audit-stack.ts';
import { isOpen } from '../../src/audit/format-table.ts';
import { controls } from '../../src/controls/registry.ts';
import { stackOf } from '../compose/stack-of.ts';

const today = '2026-06-01';
async function examine(text: string, waivers: Parameters<typeof auditStack>[0]['waivers'] = []) {
  const stack = await stackOf({ 'compose.yml': text });
  return auditStack({ controls, stack, waivers, today });
}
const open = (report: Awaited<ReturnType<typeof examine>>, control: string) =>
  report.findings.filter((finding) => finding.control === control && isOpen(finding));

const app = (comment: string, port: string) =>
  `services:\n  app:\n    image: nginx\n    ports: # list\n      - "8080:80"\n${comment}    privileged: true${port}\n`;

describe('a waiver in a comment', () => {
  it.each([
    ['behind the line', app('', ' # jacker-ignore HIGH-001 needs it until=2026-12-31')],
    ['above the line', app('    # jacker-ignore HIGH-001 needs it until=2026-12-31\n', '')],
    [
      'at the service, for all of it',
      app('', '').replace('app:', 'app: # jacker-ignore HIGH-001 needs it until=2026-06-01'),
    ],
  ])('holds %s', async (_, text) => {
    const report = await examine(text);
    expect(open(report, 'HIGH-001')).toEqual([]);
    expect(report.controls.find((one) => one.id === 'HIGH-001')).toMatchObject({
      fail: 0,
      waived: 1,
    });
    expect(report.score.withoutWaivers).toBeLessThanOrEqual(report.score.score);
    expect(open(report, 'J-WVR-01')).toEqual([]);
  });

  it.each([
    ['has expired', 'HIGH-001 needs it until=2026-05-31', 'expired'],
    ['has no reason', 'HIGH-001 until=2026-12-31', 'no reason'],
    ['has no last day', 'HIGH-001 needs it', 'no expiry'],
    ['has a day that is none', 'HIGH-001 needs it until=2026-02-30', 'no expiry'],
    ['is for no control', 'HIGH-999 needs it until=2026-12-31', 'unknown control'],
  ])('does not hold where it %s, and is a finding itself', async (_, words, fault) => {
    const report = await examine(app('', ` # jacker-ignore ${words}`));
    expect(open(report, 'HIGH-001')).toHaveLength(1);
    expect(open(report, 'J-WVR-01').map((finding) => finding.seen)).toEqual([fault]);
    expect(open(report, 'J-WVR-01')[0]?.position.line).toBe(6);
  });

  it('covers nothing else', async () => {
    const report = await examine(
      `${app('', ' # jacker-ignore J-NET-01 ok until=2026-12-31')}  two: { image: a, privileged: true }\n`,
    );
    expect(open(report, 'HIGH-001')).toHaveLength(2);
    expect(open(report, 'J-NET-01')).toHaveLength(1);
  });
});

describe('a waiver in a file', () => {
  const at = { file: 'waivers.yml', line: 2, column: 3 };
  const waiver = { control: 'HIGH-001', reason: 'ok', until: '2026-12-31', at };
  it('covers one subject, one file, or everything', async () => {
    const text = 'services:\n  a: { privileged: true }\n  b: { privileged: true }\n';
    expect(open(await examine(text, [waiver]), 'HIGH-001')).toEqual([]);
    const narrow = await examine(text, [{ ...waiver, subject: 'a' }]);
    expect(open(narrow, 'HIGH-001').map((finding) => finding.subject)).toEqual(['b']);
    const elsewhere = await examine(text, [{ ...waiver, file: 'other.yml' }]);
    expect(open(elsewhere, 'HIGH-001')).toHaveLength(2);
  });
});

describe('a finding', () => {
  it('keeps its fingerprint while lines move and other things change', async () => {
    const before = await examine('services:\n  app:\n    image: nginx\n    privileged: true\n');
    const after = await examine(
      '# a comment\nservices:\n  first: { image: x }\n  app:\n    privileged: true\n    image: other:1\n',
    );
    const print = (report: typeof before) => open(report, 'HIGH-001')[0]?.fingerprint;
    expect(print(before)).toMatch(/^[0-9a-f]{32}$/);
    expect(print(after)).toBe(print(before));
  });

  it('is told apart from every other', async () => {
    const { findings } = await examine(
      'services:\n  a: { privileged: true }\n  b: { privileged: true, ports: ["1:1", "2:2"] }\n',
    );
    expect(new Set(findings.map((one) => one.fingerprint)).size).toBe(findings.length);
  });

  it('is none where a variable decides: that is unknown', async () => {
    const report = await examine('services:\n  app: { image: a, pids_limit: "${LIMIT}" }\n');
    const found = report.findings.filter((finding) => finding.control === 'MED-003');
    expect(found.map((finding) => finding.status)).toEqual(['unknown']);
    expect(report.score.coverage).toBeLessThan(1);
  });
});

describe('what could not be read', () => {
  it('lowers the coverage, and never passes', async () => {
    const whole = await examine('services:\n  a: { image: x }\n');
    const part = await examine('include: [gone.yml]\nservices:\n  a: { image: x }\n');
    expect(part.score.coverage).toBeLessThan(whole.score.coverage);
    expect(part.gaps.map((gap) => gap.what)).toEqual(['gone.yml does not exist']);
  });

  it('gives an unreadable file no score to be proud of', async () => {
    const report = await examine('a: [\n');
    expect(report.readable).toBe(false);
    expect(report.score).toMatchObject({ score: 0, grade: 'F' });
  });
});

it('gives one critical finding no more than 59', async () => {
  const report = await examine('services:\n  app: { image: a, privileged: true }\n');
  expect(report.score.score).toBeLessThanOrEqual(59);
});
