import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText, programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-MIN-01';
const passwordNames = ['MINIO_ROOT_PASSWORD', 'MINIO_SECRET_KEY'];
/** https://docs.min.io/docs/minio-docker-quickstart-guide; the second is Bitnami's. */
const published = new Set(['minioadmin', 'miniosecret', 'minio123', 'minio']);

export const objectStoreDefault: Control = {
  id,
  title: 'MinIO does not run with its published password',
  severity: 'high',
  domain: 'data',
  subject: 'service',
  why: 'Without a root password MinIO takes minioadmin/minioadmin, which gives whoever reaches it every bucket and every user.',
  references: ['J-CRD-05', 'OWASP Docker Security Cheat Sheet rule 12'],
  blindSpots: ['A file that MINIO_CONFIG_ENV_FILE names is not read.'],
  remedy: 'Set MINIO_ROOT_USER_FILE and MINIO_ROOT_PASSWORD_FILE.',
  static: (model) => {
    const applies = {
      is: (view: ServiceView) => view.program === 'minio' && isServer(view),
      not: 'not a MinIO server',
      expected: 'a root password of its own',
    };
    return checkPrograms(model, id, applies, (view) => {
      const isFile = passwordNames.some((name) => view.environment.get(`${name}_FILE`));
      if (isFile) return { status: 'pass', seen: 'a password from a file' };
      const name = passwordNames.find((one) => view.environment.get(one));
      const value = name && view.environment.get(name);
      if (name === undefined || value === undefined) {
        const elsewhere = ['MINIO_CONFIG_ENV_FILE', ...passwordNames].some((one) =>
          view.environment.has(one),
        );
        return elsewhere
          ? { status: 'unknown', seen: 'a file, or who runs Compose, decides' }
          : { status: 'fail', seen: 'none is set', location: placeOf(view, 'image') };
      }
      const location = placeOf(view, 'environment', name);
      if (isOpenText(view, 'environment', value)) {
        return { status: 'unknown', seen: `a variable in ${name}`, location };
      }
      return published.has(value)
        ? { status: 'fail', seen: `${name} is a published one`, location }
        : { status: 'pass', seen: 'so' };
    });
  },
  examples: {
    pass: [
      exampleService({
        image: 'minio/minio:RELEASE.2025-07-23T15-54-02Z',
        command: 'server /data',
        environment: { MINIO_ROOT_PASSWORD_FILE: '/run/secrets/minio' },
      }),
    ],
    fail: [
      exampleService({
        image: 'quay.io/minio/minio',
        command: 'server /data --console-address :9001',
      }),
      exampleService({
        image: 'minio/minio',
        command: ['server', '/data'],
        environment: { MINIO_ROOT_USER: 'minioadmin', MINIO_ROOT_PASSWORD: 'minioadmin' },
      }),
    ],
  },
};

/** The image does nothing without `server`; a script of one's own may start it too. */
function isServer(view: ServiceView): boolean {
  const words = programWords(view);
  return words.includes('server') || view.image.path.startsWith('bitnami');
}
