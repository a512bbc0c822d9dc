import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isFloating } from '../compose/image-tags.ts';
import { isTrue, programWords } from '../compose/program-words.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-IMG-07';
const prefix = 'com.centurylinklabs.watchtower.';
/** https://docs.docker.com/reference/compose-file/services/#pull_policy */
const pulling = /^(always|daily|weekly|every_.+)$/;
const updater = /(^|\/)(ouroboros|shepherd|dockcheck|harbormaster)$/;

export const autoUpdate: Control = {
  id,
  title: 'Nothing is updated by itself to whatever a floating tag means',
  severity: 'medium',
  domain: 'supply-chain',
  subject: 'service',
  why: 'With a floating tag and an updater, whoever takes over the account of one image runs a program on this host the same night, and a broken release breaks it.',
  references: [
    'J-IMG-07',
    'https://containrrr.dev/watchtower/container-selection',
    'NIST SP 800-190 4.1.5',
  ],
  blindSpots: [
    'An updater outside of this file updates its services too; it is not seen here.',
    'A tag with a major version alone is left to the updater: it moves within what its maker promises.',
  ],
  remedy:
    'Name a version and let somebody look at updates (monitor-only, Diun, Renovate), or exclude the service from the updater.',
  static: (model) => {
    const watch = watcherOf(model);
    const applies = {
      is: (view: ServiceView) =>
        view.image.path !== '' &&
        view.service['build'] === undefined &&
        (isPulled(view.service['pull_policy']) || watch(view)),
      not: 'not updated by itself',
      expected: 'a tag with a version, or a digest',
    };
    return checkPrograms(model, id, applies, (view) => ({
      status: view.image.tag.includes('$') ? 'unknown' : isFloating(view.image) ? 'fail' : 'pass',
      seen: view.image.tag || view.image.digest || 'no tag',
      location: placeOf(view, 'image'),
    }));
  },
  examples: {
    pass: [
      exampleOf({ image: 'redis:8.2.1' }),
      exampleOf({ image: 'minio/minio:RELEASE.2025-07-23T15-54-02Z' }),
      exampleOf({ image: 'postgres:17-alpine', pull_policy: 'always' }, {}),
    ],
    fail: [
      exampleOf({ image: 'example/app:latest' }),
      exampleOf({ image: 'example/app' }),
      exampleOf(
        { image: 'example/app:main', pull_policy: 'always' },
        { WATCHTOWER_MONITOR_ONLY: 'true' },
      ),
      exampleOf(
        { image: 'example/app', labels: { [`${prefix}enable`]: 'true' } },
        { WATCHTOWER_LABEL_ENABLE: 'true' },
      ),
    ],
  },
};

function isPulled(policy: unknown): boolean {
  return typeof policy === 'string' && pulling.test(policy);
}

/** Whether an updater of the document would update a service. */
function watcherOf(model: StaticModel): (view: ServiceView) => boolean {
  const updaters = viewOf(model).services.filter(
    (view) => view.role === 'auto-update' || updater.test(view.image.path),
  );
  const active = updaters.filter((view) => {
    const isOff = isTrue(view.environment.get('WATCHTOWER_MONITOR_ONLY'));
    return !isOff && !programWords(view).some((word) => word === '--monitor-only' || word === '-m');
  });
  if (active.length === 0) return () => false;
  const onlyLabelled = active.every(
    (view) =>
      isTrue(view.environment.get('WATCHTOWER_LABEL_ENABLE')) ||
      programWords(view).includes('--label-enable'),
  );
  // Arguments without a dash are the names of the containers to watch.
  const named = active.every((view) => view.command.some((word) => !word.startsWith('-')));
  return ({ labels }) => {
    if (isTrue(labels.get(`${prefix}monitor-only`))) return false;
    const label = labels.get(`${prefix}enable`);
    if (label !== undefined) return isTrue(label);
    return !onlyLabelled && !named;
  };
}

function exampleOf(app: ComposeService, environment: Record<string, string> = {}): StaticModel {
  const watchtower = { image: 'containrrr/watchtower:1.7.1', environment };
  return { document: { services: { app, watchtower } } };
}
