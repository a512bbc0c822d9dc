import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-CRD-11';
const expected = 'owner and mode of the file on the host';

export const ignoredMode: Control = {
  id,
  title: 'Owner and mode of a secret are set where they have an effect',
  severity: 'low',
  domain: 'secrets',
  subject: 'service',
  why: 'Compose mounts the file of a secret as it is and ignores uid, gid and mode: a file with mode 0600 stays unreadable for the user of the image, and running as root is then taken for the remedy.',
  // "secrets `uid`, `gid` and `mode` are not supported, they will be ignored": pkg/compose/create.go
  references: ['https://docs.docker.com/reference/compose-file/services/#secrets', 'MED-001'],
  blindSpots: [
    'Whether the user of the image may read the file on the host is not seen.',
    'A secret from a variable (environment) has the owner and mode that are written, and in Swarm every secret has.',
  ],
  remedy:
    "Take uid, gid and mode out, and give the file on the host to the service's user or to a group of it: chown and chmod 0440.",
  static: (model) => {
    const declared = model.document.secrets ?? {};
    return viewOf(model).services.flatMap((view): StaticResult[] => {
      const entries: unknown = view.service.secrets;
      if (!Array.isArray(entries) || entries.length === 0) return [];
      const base = { subject: view.name, expected };
      const wrong = (entries as unknown[]).flatMap((entry, index): StaticResult[] => {
        if (typeof entry !== 'object' || entry === null) return [];
        const { source } = entry as { source?: unknown };
        if (typeof source !== 'string' || !Object.hasOwn(declared, source)) return [];
        const file: unknown = (declared[source] as { file?: unknown } | null)?.file;
        const keys = ['uid', 'gid', 'mode'].filter((key) => Object.hasOwn(entry, key));
        if (typeof file !== 'string' || keys.length === 0) return [];
        const location = ['services', view.name, 'secrets', String(index)];
        return [{ ...base, status: 'fail', seen: `${source}: ${keys.join(', ')}`, location }];
      });
      const location = ['services', view.name, 'secrets'];
      return wrong.length > 0 ? wrong : [{ ...base, status: 'pass', seen: 'so', location }];
    });
  },
  examples: {
    pass: [
      exampleOf(['db'], { file: './secrets/db' }),
      exampleOf([{ source: 'db', target: 'password' }], { file: './secrets/db' }),
      exampleOf([{ source: 'db', mode: 0o440 }], { environment: 'DB_PASSWORD' }),
    ],
    fail: [
      exampleOf([{ source: 'db', uid: '999', gid: '999', mode: 0o400 }], { file: './secrets/db' }),
      exampleOf([{ source: 'db', mode: 0o444 }], { file: './secrets/db' }),
    ],
  },
};

function exampleOf(secrets: unknown[], db: { file?: string; environment?: string }): StaticModel {
  return {
    document: {
      services: { app: { image: 'example/app:1', secrets: secrets as { source: string }[] } },
      secrets: { db },
    },
  };
}
