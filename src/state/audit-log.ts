import * as z from 'zod';
import type { Problem } from '../error.ts';
import type { World } from '../io/world.ts';
import type { FileSystem } from '../io/file-system.ts';
import { canonicalJson } from './canonical-json.ts';
import type { JsonValue } from './canonical-json.ts';
import { plainDigest } from './digest.ts';
import { privateFileMode, privateFolderMode, projectLayout } from './layout.ts';

/*
 * One line per entry. `hash` is the SHA-256 of the canonical JSON of the rest, which holds `prev`,
 * the hash of the entry before: no entry can be changed, removed or put in without breaking the
 * chain. The last ones can be cut off unnoticed, unless their `head` is known from elsewhere.
 *
 * A process killed while it appends leaves a torn line. The next entry names in `torn` the hash of
 * all that follows the last entry; lines that are no entries and are not named so were put there by
 * somebody else.
 */

/** What the audit log needs of the world. */
export type AuditContext = Pick<World, 'files' | 'clock' | 'identity'>;

/** One thing that was done. Never a secret value: the log is kept and shown. */
export interface AuditEvent {
  /** For example `up` or `secrets.rotate`. */
  action: string;
  data?: Readonly<Record<string, JsonValue>>;
}

const entrySchema = z.strictObject({
  seq: z.int().positive(),
  /** ISO 8601, UTC. */
  at: z.string(),
  uid: z.int(),
  action: z.string(),
  data: z.record(z.string(), z.json()),
  prev: z.string(),
  torn: z.string().optional(),
  hash: z.string(),
});

/** One entry of the audit log. */
export type AuditEntry = z.infer<typeof entrySchema>;

/** The state of an audit log. */
export interface AuditVerification {
  entries: readonly AuditEntry[];
  /** Hash of the last entry; of the empty log 64 zeros. */
  head: string;
  /** Every line that breaks the chain; empty where nobody has changed the log. */
  problems: readonly Problem[];
  /** 1-based numbers of lines that a killed process left half written; no sign of a change. */
  tornLines: readonly number[];
}

const emptyHead = '0'.repeat(64);

function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  return plainDigest(canonicalJson(entry as unknown as JsonValue));
}

/** The entry on a line; `null` where the line is none, or does not match its own hash. */
function parseEntry(line: string): AuditEntry | null {
  try {
    const value: unknown = JSON.parse(line);
    entrySchema.parse(value);
    // What was written is what is hashed: the schema's own copy lacks a key named __proto__.
    const entry = value as AuditEntry;
    const { hash, ...content } = entry;
    return hashOf(content) === hash ? entry : null;
  } catch {
    return null;
  }
}

/** Checks the whole log: every hash, the chain, and what is not an entry. */
export async function verifyAuditLog(
  files: FileSystem,
  projectDir: string,
): Promise<AuditVerification> {
  const path = projectLayout(projectDir).auditLog;
  const text = (await files.readText(path)) ?? '';
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const entries: AuditEntry[] = [];
  const problems: Problem[] = [];
  const tornLines: number[] = [];
  const report = (index: number, why: string): void => {
    problems.push({
      what: 'The audit log was changed',
      where: { file: path, line: index + 1 },
      why,
    });
  };
  /** Lines that are no entries, until the next entry says whether it knows of them. */
  let pending: string[] = [];
  const reportPending = (next: number): void => {
    for (const offset of pending.keys()) {
      report(next - pending.length + offset, 'this line is no entry, or not the one written');
    }
  };
  const notePending = (next: number): void => {
    for (const offset of pending.keys()) tornLines.push(next - pending.length + offset + 1);
  };
  for (const [index, line] of lines.entries()) {
    const entry = parseEntry(line);
    if (entry === null) {
      pending.push(line);
      continue;
    }
    if (pending.length > 0) {
      if (entry.torn === plainDigest(pending.join('\n'))) notePending(index);
      else reportPending(index);
    } else if (entry.torn !== undefined) {
      report(index, 'the torn line before this entry is gone');
    }
    pending = [];
    const last = entries.at(-1);
    if (entry.prev !== (last?.hash ?? emptyHead) || entry.seq !== (last?.seq ?? 0) + 1) {
      report(index, 'this entry does not follow the one before it');
    }
    entries.push(entry);
  }
  // A torn line has no newline; a whole one was written as it is.
  if (text.endsWith('\n')) reportPending(lines.length);
  else notePending(lines.length);
  return { entries, head: entries.at(-1)?.hash ?? emptyHead, problems, tornLines };
}

/**
 * Appends an entry and answers it; the caller holds the lock. A log that was changed is continued,
 * never repaired: `verifyAuditLog` reports it from then on.
 */
export async function appendAudit(
  context: AuditContext,
  projectDir: string,
  event: AuditEvent,
): Promise<AuditEntry> {
  const { files, clock, identity } = context;
  const layout = projectLayout(projectDir);
  await files.makeDirectory(layout.records, privateFolderMode);
  const text = (await files.readText(layout.auditLog)) ?? '';
  const { last, torn } = tailOf(text);
  const content = {
    seq: (last?.seq ?? 0) + 1,
    at: clock.now().toISOString(),
    uid: identity.uid,
    action: event.action,
    data: { ...event.data } as AuditEntry['data'],
    prev: last?.hash ?? emptyHead,
    ...(torn === null ? {} : { torn }),
  };
  const entry: AuditEntry = { ...content, hash: hashOf(content) };
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  const line = `${separator}${JSON.stringify(entry)}\n`;
  await files.append(layout.auditLog, line, { mode: privateFileMode });
  return entry;
}

/** The last entry, and the digest of what a killed process left after it. */
function tailOf(text: string): { last: AuditEntry | null; torn: string | null } {
  const lines = text.split('\n');
  const index = lines.findLastIndex((line) => parseEntry(line) !== null);
  const last = index === -1 ? null : parseEntry(lines[index] ?? '');
  const rest = lines.slice(index + 1);
  // Lines with a newline are no torn ones: they stay unnamed, and verification reports them.
  const isTorn = rest.length > 0 && rest.at(-1) !== '';
  return { last, torn: isTorn ? plainDigest(rest.join('\n')) : null };
}
