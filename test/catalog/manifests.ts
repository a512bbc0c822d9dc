import { parseService } from '../../src/catalog/parse-service.ts';
import type { Catalog, ServiceDefinition } from '../../src/catalog/service-definition.ts';
import { stringify } from 'yaml';
import type { Settings } from '../../src/settings/definition.ts';

/** A manifest with nothing but what every one must have. */
const least = {
  title: 'Test',
  description: 'A service of a test.',
  category: 'application',
  identity: '1000:1000',
  health: { test: ['CMD', 'true'] },
};

/** The text of a service file. */
export function serviceText(name: string, needs: object = {}, fragment: object = {}): string {
  return stringify({
    services: {
      [name]: { image: 'example.test/x:1.0.0', ...fragment, 'x-jacker': { ...least, ...needs } },
    },
  });
}

/** A service from its needs. */
export function service(name: string, needs: object = {}): ServiceDefinition {
  return parseService(`compose/${name}.yml`, serviceText(name, needs));
}

/** A catalog of services, in name order as the real one. */
export function catalogOf(...definitions: ServiceDefinition[]): Catalog {
  const sorted = definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(sorted.map((definition) => [definition.name, definition]));
}

/** Settings of a project, the given ones over the usual ones. */
export function settingsOf(values: Settings['values'] = {}): Settings {
  return {
    values: { PROJECT_NAME: 'test', DOMAIN: 'example.test', PRESET: 'standard', ...values },
    sources: {},
  };
}
