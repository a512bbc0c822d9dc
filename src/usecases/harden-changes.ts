import { baseOf, parseEditable, placeOfService } from '../compose/edit-source.ts';
import type { Refuted } from '../remedy/proven-changes.ts';
import { changeId, type RemedyChange } from '../remedy/remedy-change.ts';

/** What trials on the engine showed. */
export interface Trials {
  /** It replaces what would be made without them. */
  proven?: readonly RemedyChange[];
  /** What services did not work with. */
  refuted?: readonly Refuted[];
}

/** Keys that are tried together, by the one that stands for them. */
const together: Readonly<Record<string, string>> = { cap_add: 'cap_drop', tmpfs: 'read_only' };

/** What a trial of a service was about. */
export function subjectOf(service: string, key: string): string {
  return JSON.stringify([service, together[key] ?? key]);
}

/** Each change once, and where trials spoke about a key of a service, theirs alone. */
export function distinct(
  changes: readonly RemedyChange[],
  seen: ReadonlySet<string>,
  { proven = [], refuted = [] }: Trials,
): RemedyChange[] {
  const tried = new Set([
    ...proven.map(({ service, key }) => subjectOf(service, key[0])),
    ...refuted.map(({ service, key }) => subjectOf(service, key)),
  ]);
  const set = new Set<string>();
  const ids = new Set<string>();
  return changes.filter((change) => {
    const id = changeId(change);
    const place = JSON.stringify([change.service, change.key]);
    if (seen.has(id) || ids.has(id)) return false;
    ids.add(id);
    if (change.ground !== 'proven' && tried.has(subjectOf(change.service, change.key[0])))
      return false;
    // Of two controls that would give one key two values, the first one counts.
    if (change.change.kind === 'set' && set.has(place)) return false;
    if (change.change.kind === 'set') set.add(place);
    return true;
  });
}

/**
 * Changes without those of a service that extends one which is changed as well: it gets from there
 * what it may need no more, and a list would have the same twice.
 */
export function basesFirst(
  changes: readonly RemedyChange[],
  texts: ReadonlyMap<string, string>,
): RemedyChange[] {
  const changed = new Set(changes.map(({ service }) => service));
  const later = new Set<string>();
  for (const text of texts.values()) {
    const parsed = parseEditable(text);
    if (!parsed) continue;
    for (const service of changed) {
      const place = placeOfService(parsed, service);
      const base = place && !('refused' in place) ? baseOf(place.map) : null;
      if (base !== null && base !== service && changed.has(base)) later.add(service);
    }
  }
  const first = changes.filter(({ service }) => !later.has(service));
  // Services that extend each other in a circle: Compose refuses them, and nobody waits for ever.
  return first.length > 0 ? first : [...changes];
}
