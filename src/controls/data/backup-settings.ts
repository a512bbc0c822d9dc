import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'HIGH-007';
const volumeBackup = /^offen\/docker-volume-backup$/;
/** Where it copies backups to another host. https://offen.github.io/docker-volume-backup/reference/ */
const remotes = [
  'AWS_S3_BUCKET_NAME',
  'WEBDAV_URL',
  'SSH_HOST_NAME',
  'AZURE_STORAGE_ACCOUNT_NAME',
  'DROPBOX_REFRESH_TOKEN',
  'GOOGLE_DRIVE_FOLDER_ID',
];
const keys = /^(GPG_PASSPHRASE|GPG_PUBLIC_KEY_RING|AGE_PASSPHRASE|AGE_PUBLIC_KEYS)(_FILE)?$/;
const isKnown = {
  is: (view: ServiceView) =>
    volumeBackup.test(view.image.path) &&
    !view.mounts.some(({ target }) => target.startsWith('/etc/dockervolumebackup')),
  not: 'no backup service whose settings are known',
  expected: 'old backups are removed, and what leaves the host is encrypted',
};

export const backupSettings: Control = {
  id,
  title: 'Backups are encrypted where they leave the host, and old ones removed',
  severity: 'medium',
  domain: 'data',
  subject: 'service',
  why: 'A backup is all of the data in one file: whoever has the bucket has it too. Backups that are never removed fill the disk, and the next one fails.',
  references: ['HIGH-007', 'J-BKP-01', 'https://offen.github.io/docker-volume-backup/reference/'],
  blindSpots: [
    'The settings of offen/docker-volume-backup are known; restic, borg and kopia encrypt by themselves, and what others do is not judged.',
    'A backup proves itself by being restored; nothing is restored here.',
  ],
  remedy: 'Set BACKUP_RETENTION_DAYS, and GPG_PASSPHRASE_FILE or AGE_PUBLIC_KEYS.',
  static: (model) =>
    checkPrograms(model, id, isKnown, (view) => {
      const { environment } = view;
      const days = environment.get('BACKUP_RETENTION_DAYS') ?? '-1';
      const location = placeOf(view, 'environment');
      if (isOpenText(view, 'environment', days)) {
        return { status: 'unknown', seen: 'a variable in BACKUP_RETENTION_DAYS', location };
      }
      const remote = remotes.find((name) => environment.has(name));
      // A bucket may have rules of its own for what is old.
      if (remote === undefined && !(Number(days) >= 0)) {
        return { status: 'fail', seen: 'backups are kept for ever', location };
      }
      const isEncrypted = [...environment.keys()].some((name) => keys.test(name));
      return remote !== undefined && !isEncrypted
        ? {
            status: 'fail',
            seen: `${remote} is set, and no key`,
            location: placeOf(view, 'environment', remote),
          }
        : { status: 'pass', seen: 'so' };
    }),
  examples: {
    pass: [
      exampleOf({ BACKUP_RETENTION_DAYS: '7' }),
      exampleOf({
        BACKUP_RETENTION_DAYS: '7',
        AWS_S3_BUCKET_NAME: 'backups',
        GPG_PASSPHRASE_FILE: '/run/secrets/gpg',
      }),
    ],
    fail: [exampleOf({}), exampleOf({ BACKUP_RETENTION_DAYS: '7', AWS_S3_BUCKET_NAME: 'backups' })],
  },
};

function exampleOf(environment: Record<string, string>) {
  return exampleService({ image: 'offen/docker-volume-backup:v2.44.0', environment });
}
