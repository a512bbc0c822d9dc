import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditStack } from '../../src/audit/audit-stack.ts';
import type { StackReport } from '../../src/audit/report-schema.ts';
import { controls } from '../../src/controls/registry.ts';
import { stackOf } from '../compose/stack-of.ts';

/** Stacks whose owners know what they do: of nothing in them would they say that it is wrong. */
const folder = join(import.meta.dirname, '../precision');
const names = readdirSync(folder);

async function examine(files: Readonly<Record<string, string>>): Promise<StackReport> {
  const stack = await stackOf(files);
  return auditStack({ controls, stack, waivers: [], today: '2026-06-01' });
}

/** What is told about a stack, but for what is only pointed out. */
function told({ findings, gaps }: StackReport): string[] {
  return [
    ...findings
      .filter(({ status, severity }) => status === 'fail' && severity !== 'info')
      .map(({ control, subject, seen }) => `${control} ${subject}: ${seen}`),
    ...gaps.map(({ what }) => what),
  ];
}

const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('a well-hardened stack', () => {
  it.each(names)('%s: nothing is told of it, and all of it is known', async (name) => {
    const report = await examine({ 'compose.yml': textOf(name) });
    expect(told(report)).toEqual([]);
    expect(report.score.score).toBe(100);
    expect(report.score.coverage).toBeGreaterThan(0.97);
    expect(report.services).toBeGreaterThan(1);
  });

  /** Each hardening, taken away, as an override would. */
  const softer: Readonly<Record<string, string>> = {
    cap_drop: '!reset []',
    security_opt: '!reset []',
    read_only: 'false',
    user: '"0"',
    restart: '"no"',
    logging: '!override { driver: none }',
    healthcheck: '{ disable: true }',
    ulimits: '!reset {}',
    privileged: 'true',
    pid: 'host',
    network_mode: 'host\n    networks: !reset []',
    cap_add: '[SYS_ADMIN]',
    volumes: '["/var/run/docker.sock:/var/run/docker.sock"]',
    image: '"example.org/anything:latest"',
    environment: '{ DB_PASSWORD: "hunter2-and-more" }',
    ports: '["6379:6379"]',
    devices: '["/dev/mem:/dev/mem"]',
  };

  it.each(names)('%s: each softening of each service is told', async (name) => {
    const text = textOf(name);
    const { document } = await stackOf({ 'compose.yml': text });
    const silent: string[] = [];
    for (const service of Object.keys(document.services)) {
      for (const [key, value] of Object.entries(softer)) {
        const report = await examine({
          'compose.yml': text,
          'compose.override.yml': `services:\n  ${service}:\n    ${key}: ${value}\n`,
        });
        const about = told(report).filter((line) => !line.includes('J-CMP-03'));
        // Who holds the socket by right, or publishes by right, is not asked about it twice.
        const mayHold = key === 'volumes' && service === 'socket-proxy';
        const mayPublish = key === 'ports' && ['caddy', 'traefik'].includes(service);
        if (about.length === 0 && !mayHold && !mayPublish) silent.push(`${service} ${key}`);
      }
    }
    expect(silent).toEqual([]);
  });
});
