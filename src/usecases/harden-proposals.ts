import type { ReportedFinding } from '../audit/report-schema.ts';
import { annotateFile, type ServiceNote } from '../compose/edit-file.ts';
import { formatValue } from '../compose/yaml-value.ts';
import { controlById } from '../controls/registry.ts';
import type { Refuted } from '../remedy/proven-changes.ts';
import { changeId, changeLine, type RemedyChange } from '../remedy/remedy-change.ts';
import { subjectOf } from './harden-changes.ts';

/** A change that was not made, and why. */
export interface NotChanged {
  service: string;
  control: string;
  /** The change as a line, where one is known. */
  proposal?: string;
  reason?: string;
  why: string;
}

/** A change that controls propose and that is not made. */
export interface OpenProposal {
  change: RemedyChange;
  /** Why it cannot be made; null where it only is not proven. */
  refusal: string | null;
}

/** What of the proposals is left, each once. */
export function openProposals(
  proposed: readonly RemedyChange[],
  refused: ReadonlyMap<string, { change: RemedyChange; why: string }>,
  refuted: readonly Refuted[],
): OpenProposal[] {
  const broke = new Map(refuted.map(({ service, key, why }) => [subjectOf(service, key), why]));
  const open = new Map<string, OpenProposal>();
  for (const change of proposed) {
    const id = changeId(change);
    if (open.has(id)) continue;
    const trial = broke.get(subjectOf(change.service, change.key[0]));
    const why = refused.get(id)?.why;
    const refusal =
      trial !== undefined
        ? `it was tried, and the service broke: ${trial}`
        : why !== undefined
          ? `${why}: only an override can do it: jacker harden --override`
          : null;
    if (change.ground === 'none' || refusal !== null) open.set(id, { change, refusal });
  }
  return [...open.values()];
}

/** A comment at the service that a proposal is for. */
export function noteOf({ change }: OpenProposal): ServiceNote {
  const line = changeLine(change, formatValue);
  return {
    service: change.service,
    text: `jacker proposes: ${line} (${change.reason}) [not proven]`,
  };
}

/** Writes the proposals that are not proven as comments into the files. */
export function annotate(
  paths: readonly string[],
  texts: Map<string, string>,
  open: readonly OpenProposal[],
): void {
  const notes = open.filter(({ refusal }) => refusal === null).map(noteOf);
  for (const path of paths) {
    const text = texts.get(path);
    if (text !== undefined) texts.set(path, annotateFile(text, notes));
  }
}

/** What is told of everything that stays as it was: proposals, and findings without one. */
export function notChanged(
  findings: readonly ReportedFinding[],
  open: readonly OpenProposal[],
): NotChanged[] {
  const proposed = open.map(({ change, refusal }): NotChanged => ({
    service: change.service,
    control: change.control,
    proposal: changeLine(change, formatValue),
    reason: change.reason,
    why: refusal ?? 'not proven: the service may need it. Try it: jacker harden --prove',
  }));
  const known = new Set(proposed.map(({ service, control }) => `${control} ${service}`));
  const others = findings.flatMap((finding): NotChanged[] => {
    if (finding.status !== 'fail' || known.has(`${finding.control} ${finding.subject}`)) return [];
    const accepted = finding.waiver?.reason ?? finding.exception;
    return [
      {
        service: finding.subject,
        control: finding.control,
        why: accepted ?? controlById(finding.control)?.remedy ?? finding.expected,
      },
    ];
  });
  return [...proposed, ...others];
}
