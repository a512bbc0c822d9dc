import { changeService } from '../compose/service-change.ts';
import { formatValue, isList, isMap, sameValue, type PlainValue } from '../compose/yaml-value.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { RemedyChange } from './remedy-change.ts';

type PlainMap = Readonly<Record<string, PlainValue>>;

/**
 * A Compose file that makes changes when it is given behind the others. Lists that Compose would
 * only add to are replaced with `!override`, and keys taken out with `!reset` (Compose 2.24.4).
 *
 * @param notes comment lines by service
 */
export function overrideText(
  changes: readonly RemedyChange[],
  document: ComposeDocument,
  options: {
    head: readonly string[];
    comment: (change: RemedyChange) => string;
    notes: ReadonlyMap<string, readonly string[]>;
  },
): string {
  const services = new Map<string, RemedyChange[]>();
  for (const change of changes) {
    services.set(change.service, [...(services.get(change.service) ?? []), change]);
  }
  for (const name of options.notes.keys()) if (!services.has(name)) services.set(name, []);
  const lines = [...options.head.map((line) => `# ${line}`), 'services:'];
  for (const [name, own] of services) {
    const notes = (options.notes.get(name) ?? []).map((note) => `    # ${note}`);
    const keys = Map.groupBy(own, ({ key }) => key[0]);
    lines.push(`  ${formatValue(name)}:${keys.size === 0 ? ' {}' : ''}`, ...notes);
    const before = (document.services[name] ?? {}) as PlainMap;
    for (const [key, about] of keys) {
      const reasons = [...new Set(about.map(options.comment))].join('; ');
      lines.push(`    ${formatValue(key)}: ${valueOf(key, about, before)} # ${reasons}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** What an override says so that a key becomes what the changes make of it. */
function valueOf(key: string, changes: readonly RemedyChange[], before: PlainMap): string {
  const after = changes.reduce((all, one) => changeService(all, one.key, one.change), before)[key];
  const old = before[key];
  if (after === undefined) return '!reset null';
  if (isList(after)) {
    const head = isList(old) ? old : old === undefined ? [] : [old];
    const adds = head.every((item, index) => sameValue(item, after[index]));
    return adds && changes.every(({ change }) => change.kind === 'add')
      ? formatValue(after.slice(head.length))
      : `!override ${formatValue(after)}`;
  }
  if (!isMap(after) || !isMap(old)) return formatValue(after);
  const gone = Object.keys(old).some((name) => !Object.hasOwn(after, name));
  return gone ? `!override ${formatValue(after)}` : formatValue(difference(old, after));
}

/** What of a map is new or other than before, which is all that a merge needs. */
function difference(before: PlainMap, after: PlainMap): PlainMap {
  const entries = Object.entries(after).flatMap(([name, value]): [string, PlainValue][] => {
    const old = before[name];
    if (sameValue(old, value)) return [];
    return [[name, isMap(old) && isMap(value) ? difference(old, value) : value]];
  });
  return Object.fromEntries(entries);
}
