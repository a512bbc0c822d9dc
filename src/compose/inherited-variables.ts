import type { MappingEntry, MappingNode } from './source.ts';

/**
 * A document in which each variable of an environment that is named without a value has the one that
 * Compose would take: that of `.env`. What is nowhere set stays as it is.
 * https://docs.docker.com/reference/compose-file/services/#environment
 */
export function inheritVariables(
  document: MappingNode,
  variables: ReadonlyMap<string, string>,
): MappingNode {
  const services = document.entries.get('services');
  if (variables.size === 0 || services?.value.kind !== 'mapping') return document;
  const changed = new Map<string, MappingEntry>();
  for (const [name, { key, value: service }] of services.value.entries) {
    const environment = service.kind === 'mapping' ? service.entries.get('environment') : undefined;
    if (service.kind !== 'mapping' || environment?.value.kind !== 'mapping') continue;
    const filled = new Map<string, MappingEntry>();
    for (const [variable, entry] of environment.value.entries) {
      const { value } = entry;
      const own = variables.get(variable);
      if (own === undefined || value.kind !== 'scalar' || value.value !== null) continue;
      filled.set(variable, {
        key: entry.key,
        value: { ...value, value: own, written: `\${${variable}}` },
      });
    }
    if (filled.size === 0) continue;
    const entries = new Map([...environment.value.entries, ...filled]);
    changed.set(name, {
      key,
      value: {
        ...service,
        entries: new Map(service.entries).set('environment', {
          key: environment.key,
          value: { ...environment.value, entries },
        }),
      },
    });
  }
  if (changed.size === 0) return document;
  const entries = new Map([...services.value.entries, ...changed]);
  return {
    ...document,
    entries: new Map(document.entries).set('services', {
      key: services.key,
      value: { ...services.value, entries },
    }),
  };
}
