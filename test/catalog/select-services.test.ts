import { describe, expect, it } from 'vitest';
import { selectServices } from '../../src/catalog/select-services.ts';
import type { Settings } from '../../src/settings/definition.ts';
import { catalogOf, service, settingsOf } from './manifests.ts';

const catalog = catalogOf(
  service('edge', { essential: true, connects: ['base'] }),
  service('base'),
  service('app', { presets: ['standard', 'full'], connects: ['store'] }),
  service('store', { connects: ['disk'] }),
  service('disk'),
  service('extra', { presets: ['full'] }),
  service('conditional', { presets: ['standard'], when: { MODE: ['on'] } }),
  service('alone'),
  service('helper', { perConsumer: 'docker' }),
);
const enabled = (values: Settings['values']): Record<string, string> =>
  Object.fromEntries(
    selectServices(catalog, settingsOf(values))
      .filter((selection) => selection.enabled)
      .map((selection) => [selection.definition.name, selection.reason]),
  );
const always = { edge: 'essential', base: 'needed by edge' };
const app = { app: 'preset standard', store: 'needed by app', disk: 'needed by store' };

describe('which services are on', () => {
  it.each([
    ['the smallest preset', { PRESET: 'minimal' }, always],
    ['a preset with what it needs', { PRESET: 'standard' }, { ...always, ...app }],
    [
      'a condition that holds',
      { PRESET: 'standard', MODE: 'on' },
      { ...always, ...app, conditional: 'preset standard' },
    ],
    [
      'one enabled by name, with what it needs',
      { PRESET: 'minimal', SERVICES_ENABLED: ['store', 'alone'] },
      { ...always, store: 'SERVICES_ENABLED', disk: 'needed by store', alone: 'SERVICES_ENABLED' },
    ],
    ['one disabled by name', { PRESET: 'standard', SERVICES_DISABLED: ['app'] }, always],
  ])('follows %s', (_, values, expected) => {
    expect(enabled(values)).toEqual(expected);
  });

  it('says why one is off, and does not list what exists per consumer only', () => {
    const off = selectServices(
      catalog,
      settingsOf({ PRESET: 'standard', SERVICES_DISABLED: ['extra'] }),
    ).filter((selection) => !selection.enabled);
    expect(off.map(({ definition, reason }) => [definition.name, reason])).toEqual([
      ['alone', 'not in the preset'],
      ['conditional', 'not in the preset'],
      ['extra', 'SERVICES_DISABLED'],
    ]);
  });

  it.each([
    [
      'an unknown name',
      { SERVICES_ENABLED: ['stor'] },
      'SERVICES_ENABLED',
      /"stor"/,
      /Did you mean store\?/,
    ],
    [
      'a name unlike any',
      { SERVICES_DISABLED: ['zzzzzzzzzz'] },
      'SERVICES_DISABLED',
      /zzz/,
      /Known: alone, app/,
    ],
    [
      'an essential one off',
      { SERVICES_DISABLED: ['edge'] },
      'SERVICES_DISABLED',
      /turns off edge/,
      /Take edge out/,
    ],
    [
      'one off that another needs',
      { SERVICES_DISABLED: ['disk'] },
      'SERVICES_DISABLED',
      /turns off disk/,
      /Take disk out/,
    ],
    [
      'one both on and off',
      { SERVICES_ENABLED: ['alone'], SERVICES_DISABLED: ['alone'] },
      'SERVICES_DISABLED',
      /alone/,
      /Take alone out/,
    ],
    ['a helper by name', { SERVICES_ENABLED: ['helper'] }, 'SERVICES_ENABLED', /helper/, /docker/],
  ])('refuses %s', (_, values, key, what, hint) => {
    expect(() => enabled(values)).toThrow(
      expect.objectContaining({
        code: 'settings-invalid',
        problems: [
          expect.objectContaining({
            what: expect.stringMatching(what) as string,
            where: expect.objectContaining({ key }) as object,
            hint: expect.stringMatching(hint) as string,
          }),
        ],
      }) as Error,
    );
  });

  it('says why an essential or needed one cannot be off', () => {
    expect(() => enabled({ SERVICES_DISABLED: ['edge', 'disk'] })).toThrow(
      /it is essential[^]*store needs it/,
    );
  });
});
