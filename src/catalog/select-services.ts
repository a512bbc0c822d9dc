import { applies } from './applies.ts';
import { JackerError, type Problem } from '../error.ts';
import { listOf, textOf, type Settings } from '../settings/definition.ts';
import { nearestName } from '../settings/suggest.ts';
import type { Catalog, ServiceDefinition } from './service-definition.ts';

/** Why a service is in the stack, or why it is not. */
export interface Selection {
  definition: ServiceDefinition;
  enabled: boolean;
  reason: string;
}

/**
 * Which services of the catalog run under the settings: the preset's, plus those enabled by name,
 * plus what an enabled service needs, minus those disabled by name. Throws `settings-invalid` for
 * an unknown name and for disabling a service that another one needs.
 */
export function selectServices(catalog: Catalog, settings: Settings): Selection[] {
  const problems: Problem[] = [];
  const preset = textOf(settings, 'PRESET');
  const named = (key: string): ReadonlySet<string> => {
    const list = listOf(settings, key);
    for (const name of list) {
      const found = catalog.get(name);
      if (found?.manifest.perConsumer) {
        problems.push({
          what: `${key} names ${name}, which is not turned on or off by name`,
          where: { key },
          hint: `Take it out: there is one for each service with a need of the kind ${found.manifest.perConsumer}.`,
        });
      }
      if (found) continue;
      problems.push({
        what: `${key} names the service ${JSON.stringify(name)}, which does not exist`,
        where: { key },
        hint: suggestion(name, [...catalog.keys()]),
      });
    }
    return new Set(list);
  };
  const enabled = named('SERVICES_ENABLED');
  const disabled = named('SERVICES_DISABLED');
  const reasons = new Map<string, string>();
  const refuse = (definition: ServiceDefinition, why: string): void => {
    problems.push({
      what: `SERVICES_DISABLED turns off ${definition.name}`,
      where: { key: 'SERVICES_DISABLED' },
      why,
      hint: `Take ${definition.name} out of SERVICES_DISABLED.`,
    });
  };
  for (const definition of catalog.values()) {
    const { manifest, name } = definition;
    if (manifest.perConsumer) continue;
    if (manifest.essential && disabled.has(name)) refuse(definition, 'it is essential');
    else if (enabled.has(name) && disabled.has(name)) {
      refuse(definition, 'SERVICES_ENABLED turns it on');
    }
    if (manifest.essential) reasons.set(name, 'essential');
    else if (disabled.has(name)) continue;
    else if (enabled.has(name)) reasons.set(name, 'SERVICES_ENABLED');
    else if (
      manifest.presets.some((candidate) => candidate === preset) &&
      applies(manifest.when, settings)
    ) {
      reasons.set(name, `preset ${preset}`);
    }
  }
  const add = (name: string, by: string): void => {
    const definition = catalog.get(name);
    if (!definition || reasons.has(name)) return;
    if (disabled.has(name)) refuse(definition, `${by} needs it`);
    reasons.set(name, `needed by ${by}`);
    for (const need of neededServices(definition)) add(need, name);
  };
  for (const name of [...reasons.keys()]) {
    const definition = catalog.get(name);
    if (definition) for (const need of neededServices(definition)) add(need, name);
  }
  if (problems.length > 0) throw new JackerError('settings-invalid', problems);
  return [...catalog.values()]
    .filter((definition) => !definition.manifest.perConsumer)
    .map((definition) => ({
      definition,
      enabled: reasons.has(definition.name),
      reason:
        reasons.get(definition.name) ??
        (disabled.has(definition.name) ? 'SERVICES_DISABLED' : 'not in the preset'),
    }));
}

/** The services that one cannot work without, by its manifest. */
export function neededServices(definition: ServiceDefinition): string[] {
  const { manifest } = definition;
  return [
    ...manifest.connects,
    ...(manifest.postgres ? ['postgres'] : []),
    ...(manifest.redis ? ['redis'] : []),
  ];
}

/** A "did you mean" sentence where a name is near, else the list of names. */
export function suggestion(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return near ? `Did you mean ${near}?` : `Known: ${names.join(', ')}.`;
}
