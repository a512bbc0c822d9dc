import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseService } from '../../src/catalog/parse-service.ts';
import { neededServices } from '../../src/catalog/select-services.ts';
import type { ServiceDefinition } from '../../src/catalog/service-definition.ts';
import { readPackageFiles } from '../../src/io/package-files.ts';
import { coreSettings } from '../../src/settings/core.ts';
import { settingDefinitions } from '../../src/usecases/project.ts';
import { root } from '../render/project-fixture.ts';
import { catalogOf } from './manifests.ts';

const files = readPackageFiles(root);
const definitions = [...files]
  .filter(([path]) => /^compose\/[^/]+\.yml$/.test(path))
  .map(([path, text]) => parseService(path, text));
const catalog = catalogOf(...definitions);
const keys = settingDefinitions(catalog).map(({ key }) => key);

/** All that can make use of a declaration: templates, service files and the program itself. */
const users = [
  ...[...files].filter(([path]) => path.startsWith('config/')).map(([, text]) => text),
  ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(root, 'src', path), 'utf8')),
];
const mentions = (pattern: RegExp): boolean => users.some((text) => pattern.test(text));
const conditionsOf = ({ manifest }: ServiceDefinition): string =>
  JSON.stringify([
    manifest.when,
    manifest.settings.map(({ required }) => required),
    manifest.secrets.map(({ when, user, names }) => [when, user, names]),
    [manifest.config, manifest.routes, manifest.exceptions].flat().map(({ when }) => when),
    manifest.egress,
    manifest.publishes,
  ]);
const conditions = definitions.map(conditionsOf).join('\n');

it('has services', () => {
  expect(definitions.length).toBeGreaterThan(4);
});

describe.each(definitions.map((definition) => [definition.name, definition] as const))(
  'the service %s',
  (name, { manifest, fragment }) => {
    it('says what it is, in words for people', () => {
      expect(manifest.title).not.toBe('');
      expect(manifest.description).toMatch(/^[A-Z][^]*\.$/);
      for (const { help } of [...manifest.settings, ...manifest.secrets])
        expect(help).toMatch(/\S{2}/);
    });

    it('runs an exact version of an image', () => {
      expect(fragment.image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$/);
    });

    it('runs as a user of its own, within bounds', () => {
      expect(manifest.identity).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(
        manifest.resources.pids === 200 ||
          manifest.resources.pids < 200 ||
          manifest.resources.pidsWhy,
      ).toBeTruthy();
    });

    it('is looked after: its health check asks the service itself', () => {
      expect(['CMD', 'CMD-SHELL']).toContain(manifest.health.test[0]);
      expect(manifest.health.test.slice(1).join(' ')).not.toMatch(/^(true|exit 0)?$/);
    });

    it('has a file for each template it names', () => {
      for (const { template } of manifest.config) {
        expect(files.has(`config/${name}/${template}`), template).toBe(true);
      }
    });

    it('names each file of its folder', () => {
      const own = [...files.keys()].filter((path) => path.startsWith(`config/${name}/`));
      const named = manifest.config.map(({ template }) => `config/${name}/${template}`);
      // A name that begins with _ is a part of other templates.
      expect(own.filter((path) => !/\/_[^/]*$/.test(path))).toEqual(named.toSorted());
    });

    it.each(manifest.settings.map(({ key }) => key))('uses its setting %s', (key) => {
      const used =
        mentions(new RegExp(`settings\\.${key}\\b|'${key}'`)) ||
        conditions.includes(`"${key}"`) ||
        conditions.includes(`{{${key}}}`) ||
        // The four tiers of the rate limit are read by name.
        (/^RATE_/.test(key) && mentions(new RegExp(`'${key.slice(5).toLowerCase()}'`)));
      expect(used).toBe(true);
    });

    it.each(manifest.secrets.map((secret) => [secret.name, secret] as const))(
      'uses its secret %s',
      (secret, { mount }) => {
        const inFragment = JSON.stringify([fragment, manifest.health]).includes(
          `/run/secrets/${secret}`,
        );
        const inFiles = mentions(new RegExp(`/run/secrets/${secret}\\b`));
        const derived = definitions.some((other) =>
          other.manifest.secrets.some(({ of }) => of === secret),
        );
        // A key goes with its certificate, whose name alone the program spells out.
        const byProgram = mentions(new RegExp(`['"\`]${secret.replace(/-key$/, '')}['"\`]`));
        expect(inFragment || inFiles || derived || byProgram).toBe(true);
        if (mount) expect(inFragment || inFiles || byProgram).toBe(true);
      },
    );

    it('derives secrets from secrets that exist', () => {
      const names = manifest.secrets.map((secret) => secret.name);
      for (const { of } of manifest.secrets) if (of !== undefined) expect(names).toContain(of);
    });

    it('reads only settings that exist', () => {
      for (const key of conditionsOf(catalog.get(name)!).match(/"[A-Z][A-Z0-9_]+"(?=:\[)/g) ?? []) {
        expect(keys).toContain(key.replaceAll('"', ''));
      }
      for (const { template } of manifest.config) {
        const text = files.get(`config/${name}/${template}`) ?? '';
        for (const [, key] of text.matchAll(/settings\.([A-Z0-9_]+)/g)) expect(keys).toContain(key);
      }
    });

    it('needs only services that exist', () => {
      for (const need of neededServices(catalog.get(name)!))
        expect([...catalog.keys()]).toContain(need);
    });

    it('writes to each place once, and says why', () => {
      const paths = manifest.writes.map((write) => ('volume' in write ? write.path : write.tmpfs));
      expect(new Set(paths).size).toBe(paths.length);
      const mounted = manifest.config.map(({ target }) => target);
      for (const path of paths) {
        expect(mounted.filter((target) => target.startsWith(`${path}/`))).toEqual([]);
      }
    });

    it('asks for a session on every route, or says why not', () => {
      for (const { auth } of manifest.routes) {
        expect(auth === 'sso' || auth.none.length > 20).toBe(true);
      }
    });
  },
);

it('declares each setting once', () => {
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.length).toBeGreaterThan(coreSettings.length);
});

it('opens the socket in one place and publishes ports in one place', () => {
  const where = (has: (definition: ServiceDefinition) => boolean): string[] =>
    definitions.filter(has).map(({ name }) => name);
  expect(where(({ manifest }) => manifest.socket)).toEqual(['socket-proxy']);
  expect(where(({ manifest }) => manifest.publishes.length > 0)).toEqual(['traefik']);
});
