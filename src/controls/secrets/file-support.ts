import { exampleService } from '../compose/example.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { viewOf } from '../compose/stack-view.ts';
import { environmentCredentials } from './environment-credentials.ts';
import { fileForm } from './file-variables.ts';

const id = 'J-CRD-03';

export const fileSupport: Control = {
  id,
  title: 'Credentials are given as files where the image takes them so',
  severity: 'medium',
  domain: 'secrets',
  subject: 'service',
  why: 'The environment is shown by docker inspect, inherited by every child process and written into reports of crashes; a file is read by who opens it.',
  references: [
    'OWASP Docker Security Cheat Sheet rule 12',
    'NIST SP 800-190 4.1.4',
    'https://docs.docker.com/compose/how-tos/use-secrets/',
  ],
  blindSpots: [
    'Images are known by a table of common ones; of any other it is not known whether it takes files.',
    'What is written into the Compose file itself is the matter of J-CRD-01, J-CRD-05 and J-CRD-08.',
  ],
  remedy:
    'Define the secret under secrets:, give it to the service, and name its file: POSTGRES_PASSWORD_FILE: /run/secrets/db.',
  static: (model) => {
    const { byName } = viewOf(model);
    return [...environmentCredentials(model)].flatMap(([subject, credentials]): StaticResult[] => {
      const view = byName.get(subject);
      if (!view) return [];
      const found = credentials.flatMap(({ key, kind }) => {
        const form = kind === 'outside' || kind === 'open' ? fileForm(view, key) : undefined;
        return form === undefined ? [] : [{ key, form }];
      });
      if (found.length > 0) {
        return found.map(({ key, form }) => ({
          subject,
          status: 'fail',
          expected: form,
          seen: key,
          location: ['services', subject, 'environment', key],
        }));
      }
      const holds = credentials.some(({ kind }) => kind === 'file');
      return [
        {
          subject,
          status: holds ? 'pass' : 'not-applicable',
          expected: 'files',
          seen: holds ? 'files' : 'no credential that the image is known to take as a file',
          location: ['services', subject, 'environment'],
        },
      ];
    });
  },
  examples: {
    pass: [
      example('postgres:17', { POSTGRES_PASSWORD_FILE: '/run/secrets/db' }),
      example('lscr.io/linuxserver/mariadb:11', { FILE__MYSQL_ROOT_PASSWORD: '/run/secrets/root' }),
      {
        document: {
          services: {
            db: {
              image: 'postgres:17',
              environment: { POSTGRES_PASSWORD_FILE: '/run/secrets/db' },
            },
            app: { image: 'example/app:1', environment: { DB_PASSWORD: '${DB_PASSWORD}' } },
          },
        },
      },
    ],
    fail: [
      example('postgres:17', { POSTGRES_PASSWORD: '${DB_PASSWORD}' }),
      example('docker.io/library/mariadb:11', { MARIADB_ROOT_PASSWORD: '${ROOT_PASSWORD:?}' }),
      example('traefik:v3', { CF_DNS_API_TOKEN: '${CF_DNS_API_TOKEN}' }),
      example('lscr.io/linuxserver/mariadb:11', { MYSQL_ROOT_PASSWORD: '${ROOT_PASSWORD}' }),
    ],
  },
};

function example(image: string, environment: Readonly<Record<string, string>>): StaticModel {
  return exampleService({ image, environment });
}
