import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText, isTrue, programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-INF-01';
const isInflux = {
  is: ({ program }: ServiceView) => program === 'influxdb',
  not: 'not InfluxDB',
  expected: 'authentication is on',
};
const key = 'INFLUXDB_HTTP_AUTH_ENABLED';

export const influxAuthentication: Control = {
  id,
  title: 'InfluxDB asks who is there',
  severity: 'high',
  domain: 'data',
  subject: 'database',
  why: 'Version 1 ignores credentials until authentication is turned on: everybody who reaches the port reads and drops every database.',
  references: ['https://docs.influxdata.com/influxdb/v1/api/authentication/', 'J-MGO-01'],
  blindSpots: [
    'A mounted influxdb.conf is not read. A tag without a version is taken for version 2.',
  ],
  remedy: `Set ${key}: "true" and make an administrator with INFLUXDB_ADMIN_USER, or move to version 2.`,
  static: (model) =>
    checkPrograms(model, id, isInflux, (view) => {
      if (programWords(view).includes('--without-auth')) {
        return { status: 'fail', seen: '--without-auth', location: placeOf(view, 'command') };
      }
      const value = view.environment.get(key) ?? '';
      if (!/^1(\.|-|$)/.test(view.image.tag)) {
        return { status: 'pass', seen: 'a version that always asks' };
      }
      if (isTrue(value)) return { status: 'pass', seen: `${key} is on` };
      if (isOpenText(view, 'environment', value))
        return { status: 'unknown', seen: `a variable in ${key}` };
      if (value === '' && view.mounts.some(({ target }) => target.startsWith('/etc/influxdb'))) {
        return { status: 'unknown', seen: 'a file of its own decides' };
      }
      const location = value === '' ? placeOf(view, 'image') : placeOf(view, 'environment', key);
      return { status: 'fail', seen: value === '' ? 'off, by default' : `${key} is off`, location };
    }),
  examples: {
    pass: [
      exampleService({ image: 'influxdb:2.7' }),
      exampleService({ image: 'influxdb:1.11', environment: { [key]: 'true' } }),
    ],
    fail: [
      exampleService({ image: 'influxdb:1.8-alpine' }),
      exampleService({ image: 'influxdb:1.8', environment: { [key]: 'false' } }),
      exampleService({ image: 'influxdb:3-core', command: 'influxdb3 serve --without-auth' }),
    ],
  },
};
