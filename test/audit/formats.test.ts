import { Ajv2020 } from 'ajv/dist/2020.js';
import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from 'sarif';
import { describe, expect, it } from 'vitest';
import { auditStack } from '../../src/audit/audit-stack.ts';
import { formatStackGithub } from '../../src/audit/format-github.ts';
import { formatHtml } from '../../src/audit/format-html.ts';
import { closeJson, formatStackJson, openJson } from '../../src/audit/format-json.ts';
import { formatJunit } from '../../src/audit/format-junit.ts';
import { formatSarif } from '../../src/audit/format-sarif.ts';
import {
  formatStackTable,
  formatSummary,
  type TableOptions,
} from '../../src/audit/format-table.ts';
import { auditReportSchema, type AuditReport } from '../../src/audit/report-schema.ts';
import { rescore } from '../../src/audit/rescore.ts';
import { controls } from '../../src/controls/registry.ts';
import { reportOf } from './report-of.ts';
import { stackOf } from '../compose/stack-of.ts';

const known = new Map(controls.map((control) => [control.id, control] as const));
const nasty = `"><script>alert(1)</script>&amp;]]>%0A`;
const text = `services:
  web:
    image: nginx:latest
    ports: ["8080:80"] # jacker-ignore J-NET-01 the firewall before it until=2026-12-31
    environment: { DB_PASSWORD: hunter2-hunter2, POSTGRES_PASSWORD: "\${MISSING}" }
  '${nasty}': { image: 'a/b:1', privileged: true, typo_key: 1 }
  db: { image: postgres:17, networks: [back] }
include: [gone.yml]
networks: { back: { internal: true } }
`;

async function report(): Promise<{
  report: AuditReport;
  sources: Map<string, { path: string; text: string }>;
}> {
  const stack = await stackOf({ 'my stack.yml': text });
  const audited = auditStack({ controls, stack, waivers: [], today: '2026-06-01' });
  return {
    report: reportOf(audited),
    sources: new Map(stack.sources.map((source) => [source.path, source])),
  };
}

function jsonOf({ stacks, summary, ...head }: AuditReport): string[] {
  return [
    openJson(head),
    ...stacks.flatMap((stack, index) => [...formatStackJson(stack, index === 0)]),
    closeJson(summary),
  ];
}

function tableOf({ stacks, summary }: AuditReport, options: TableOptions): string[] {
  return [
    ...stacks.flatMap((stack) => [...formatStackTable(stack, options)]),
    formatSummary(summary),
  ];
}

describe('the JSON report', () => {
  it('has the form of the published schema, and gives the score again', async () => {
    const written = [...jsonOf((await report()).report)].join('');
    const parsed: unknown = JSON.parse(written);
    const schema = JSON.parse(
      await readFile(join(import.meta.dirname, '../../schemas/audit-report.schema.json'), 'utf8'),
    ) as object;
    const validate = new Ajv2020({ allErrors: true, formats: { 'date-time': true } }).compile(
      schema,
    );
    expect(validate(parsed), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    expect(auditReportSchema.safeParse(parsed).success).toBe(true);
    const [again] = rescore(written, 'report.json');
    expect(again?.score.score).toBe(again?.reported);
  });

  it('is refused where it is of something else', () => {
    for (const wrong of ['', '[]', '{}', '{"version":1}', '{"version":1,"stacks":[{}]}', 'null']) {
      expect(() => rescore(wrong, 'x.json')).toThrow(/x\.json/);
    }
  });
});

describe('the SARIF report', () => {
  it('names rules, places, fingerprints, and what is waived or unknown', async () => {
    const log = JSON.parse([...formatSarif((await report()).report, known)].join('')) as Log;
    const [run] = log.runs;
    const rules = run?.tool.driver.rules ?? [];
    const results = run?.results ?? [];
    expect(log.version).toBe('2.1.0');
    expect(results.length).toBeGreaterThan(10);
    for (const result of results) {
      expect(rules[result.ruleIndex ?? -1]?.id).toBe(result.ruleId);
      const place = result.locations?.[0]?.physicalLocation;
      expect(place?.artifactLocation?.uri).toBe('my%20stack.yml');
      expect(place?.region?.startLine).toBeGreaterThan(0);
      expect(result.partialFingerprints?.['jacker/v1']).toMatch(/^[0-9a-f]{32}$/);
    }
    const waived = results.filter((result) => result.suppressions);
    expect(waived.map((result) => result.ruleId)).toEqual(['J-NET-01']);
    expect(waived[0]?.suppressions?.[0]?.kind).toBe('inSource');
    expect(results.some((result) => result.kind === 'open')).toBe(true);
    const notes = run?.invocations?.[0]?.toolExecutionNotifications ?? [];
    expect(notes.some((note) => note.message.text?.includes('gone.yml'))).toBe(true);
  });
});

describe('the JUnit report', () => {
  it('is XML with a case for each control, whatever names hold', async () => {
    const { report: audited } = await report();
    audited.stacks[0]!.findings[0]!.seen = 'bell \u0007 and \uD800 alone';
    const xml = formatJunit(audited);
    expect(SyntaxValidator.validate(xml)).toBe(true);
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(xml) as {
      testsuites: { '@_tests': string; testsuite: { testcase: { '@_name': string }[] } };
    };
    const cases = parsed.testsuites.testsuite.testcase;
    expect(cases.length).toBe(Number(parsed.testsuites['@_tests']));
    expect(cases.map((one) => one['@_name'])).toContain('HIGH-001');
    expect(xml).not.toContain('<script>');
  });
});

describe('the HTML report', () => {
  it('runs nothing, loads nothing, and shows names as text', async () => {
    const { report: audited, sources } = await report();
    const html = [...formatHtml(audited, known, sources)].join('');
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|\sstyle=|url\(|@import/i);
    expect(html.replaceAll(/<a href="#[\w-]+">/g, '')).not.toMatch(/\s(href|src)=/i);
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).toContain("default-src 'none'");
    expect(html).toMatch(/<svg[\s\S]*web[\s\S]*<\/svg>/);
  });
});

describe('every report', () => {
  it('keeps the values of credentials to itself', async () => {
    const { report: audited, sources } = await report();
    const options = {
      sources,
      controls: known,
      all: true,
      paint: (_: string, one: string) => one,
    };
    const all = [
      ...tableOf(audited, options),
      ...jsonOf(audited),
      ...formatSarif(audited, known),
      formatJunit(audited),
      ...formatHtml(audited, known, sources),
      ...audited.stacks.flatMap((stack) => [...formatStackGithub(stack)]),
    ].join('');
    expect(all).toContain('DB_PASSWORD');
    expect(all).not.toContain('hunter2-hunter2');
  });

  it('is one command a line for GitHub', async () => {
    const lines = [...formatStackGithub((await report()).report.stacks[0]!)]
      .join('')
      .trimEnd()
      .split('\n');
    for (const line of lines) expect(line).toMatch(/^::(error|warning|notice) file=[^:]+::./);
  });

  it('begins each finding of the table with its place', async () => {
    const { report: audited, sources } = await report();
    const table = [
      ...tableOf(audited, {
        sources,
        controls: known,
        all: false,
        paint: (_, one) => one,
      }),
    ].join('');
    const heads = table
      .split('\n')
      .filter((line) =>
        /^(.+):(\d+):(\d+): (critical|high|medium|low|info) (\S+) (.*)$/.test(line),
      );
    expect(heads.length).toBeGreaterThan(5);
  });
});
