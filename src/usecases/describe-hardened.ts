import { formatValue } from '../compose/yaml-value.ts';
import { changeLine } from '../remedy/remedy-change.ts';
import { formatScore } from '../audit/score.ts';
import type { Hardened } from './harden.ts';
import type { Trial } from './harden-prove.ts';
import type { Output } from './write-hardened.ts';

/** What is told about a hardening. */
export interface HardenedParts {
  hardened: Hardened;
  outputs: readonly Output[];
  /** False where nothing was written. */
  written: boolean;
  trial?: Trial;
  shown: (path: string) => string;
}

/** The result as a JSON document. */
export function hardenDocument({
  hardened,
  outputs,
  written,
  trial,
  shown,
}: HardenedParts): unknown {
  const { before, after, changes, notChanged } = hardened;
  return {
    version: 1,
    score: { before: before.score.score, after: after.score.score },
    files: outputs.map(({ path, from, text }) => ({
      path: shown(path),
      from: from === null ? null : shown(from),
      written,
      text,
    })),
    changes: changes.map(({ service, control, key, change, reason, ground, source, file }) => ({
      service,
      control,
      key,
      change,
      line: changeLine({ service, key, change, reason }, formatValue),
      reason,
      ground,
      proof: ground === 'proven' ? 'proven' : 'not proven',
      ...(source === undefined ? {} : { source }),
      file: shown(file),
    })),
    notChanged,
    ...(trial
      ? {
          trial: {
            project: trial.project,
            services: trial.services,
            experiments: trial.experiments,
            closedNetworks: trial.closedNetworks,
            refuted: trial.refuted,
          },
        }
      : {}),
  };
}

/** The result for a person. */
export function describeHardened(parts: HardenedParts): string {
  const { hardened, outputs, written, trial, shown } = parts;
  const { changes, notChanged } = hardened;
  const lines: string[] = [];
  const services = new Set([...changes, ...notChanged].map(({ service }) => service));
  for (const service of services) {
    lines.push(service);
    for (const change of changes.filter((one) => one.service === service)) {
      const proof = change.ground === 'proven' ? 'proven' : 'not proven';
      lines.push(
        `  + ${changeLine(change, formatValue)}  ${proof}, ${change.control}: ${change.reason}`,
      );
    }
    for (const { proposal, why, control } of notChanged.filter((one) => one.service === service)) {
      lines.push(
        proposal === undefined ? `  - ${control}: ${why}` : `  ? ${proposal}  ${control}: ${why}`,
      );
    }
  }
  if (trial) lines.push('', ...describeTrial(trial));
  const { before, after } = hardened;
  lines.push('', `score ${formatScore(before.score)} -> ${formatScore(after.score)}`);
  if (outputs.every(({ before: old, text }) => old === text)) lines.push('Nothing to change.');
  for (const { path } of outputs)
    lines.push(`${written ? 'written' : 'would be written'}: ${shown(path)}`);
  return `${lines.join('\n')}\n`;
}

function describeTrial(trial: Trial): string[] {
  const lines = [`tried on the engine: ${trial.experiments.length} experiments`];
  for (const { service, provable, why } of trial.services) {
    if (!provable) lines.push(`  ${service}: not proven: ${why}`);
  }
  for (const { service, tried, result, evidence } of trial.experiments) {
    lines.push(`  ${service}: ${tried}: ${result}${evidence === '' ? '' : ` (${evidence})`}`);
  }
  for (const network of trial.closedNetworks) {
    lines.push(`  network ${network}: no service of it needs the internet: set internal: true`);
  }
  return lines;
}
