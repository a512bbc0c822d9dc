import type { ComposeDocument, ComposeService } from '../../harden/compose-model.ts';
import type { Role } from '../compose/roles.ts';
import { isRoot } from '../compose/service-user.ts';
import { ServiceView, viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-CMP-03';
const expected = 'no later file takes away what an earlier one protects';
const stores: readonly (Role | undefined)[] = ['database', 'cache', 'queue', 'search'];

export const weakenedLayers: Control = {
  id,
  title: 'No override weakens what is under it',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'Compose merges an override file without a word. One that was written for debugging publishes the database or drops read_only on every host that it is copied to.',
  references: ['J-CMP-03', 'https://docs.docker.com/reference/compose-file/merge/'],
  blindSpots: [
    'Files are compared as they are merged: what an include or an extends changes inside one file is not.',
    'Services of a profile are looked at like all others.',
  ],
  remedy:
    'Take the line out of the override, or keep the override out of the folder that is deployed.',
  static: (model) => {
    const layers = model.layers ?? [];
    if (layers.length < 2) return [];
    const bases = firstForms(layers);
    return viewOf(model).services.flatMap((view): StaticResult[] => {
      const base = bases.get(view.name);
      if (!base) return [];
      const before = new ServiceView(view.name, base, undefined, undefined);
      const weak = weakenings.filter(({ is }) => is(view, before));
      const [first] = weak;
      return [
        {
          subject: view.name,
          expected,
          status: first ? 'fail' : 'pass',
          seen: weak.map(({ seen }) => seen).join(', ') || 'so',
          location: ['services', view.name, ...(first ? [first.key] : [])],
        },
      ];
    });
  },
  examples: {
    pass: [
      exampleOf(
        { image: 'a:1', read_only: true },
        { image: 'a:1', read_only: true, cap_drop: ['ALL'] },
      ),
      exampleOf({ image: 'a:1', ports: ['80:80'] }, { image: 'a:1', ports: ['80:80', '443:443'] }),
    ],
    fail: [
      exampleOf({ image: 'postgres:17' }, { image: 'postgres:17', ports: ['5432:5432'] }),
      exampleOf({ image: 'a:1' }, { image: 'a:1', privileged: true }),
      exampleOf({ image: 'a:1', read_only: true }, { image: 'a:1', read_only: false }),
      exampleOf(
        { image: 'a:1', cap_drop: ['ALL'] },
        { image: 'a:1', cap_drop: ['ALL'], cap_add: ['SYS_ADMIN'] },
      ),
      exampleOf({ image: 'a:1', user: '1000' }, { image: 'a:1', user: 'root' }),
      exampleOf(
        { image: 'a:1', security_opt: ['no-new-privileges:true'] },
        { image: 'a:1', security_opt: ['no-new-privileges:true', 'seccomp=unconfined'] },
      ),
    ],
  },
};

interface Weakening {
  key: string;
  seen: string;
  is: (after: ServiceView, before: ServiceView) => boolean;
}

const weakenings: readonly Weakening[] = [
  {
    key: 'privileged',
    seen: 'privileged is set',
    is: ({ service }, before) => service.privileged === true && before.service.privileged !== true,
  },
  {
    key: 'cap_add',
    seen: 'a capability is added',
    is: ({ service }, before) => hasMore(service.cap_add, before.service.cap_add),
  },
  {
    key: 'cap_drop',
    seen: 'cap_drop: ALL is gone',
    is: ({ service }, before) => dropsAll(before.service) && !dropsAll(service),
  },
  {
    key: 'security_opt',
    seen: 'security_opt is softer',
    is: ({ service }, before) =>
      hasMore(texts(service.security_opt).filter(isUnconfined), before.service.security_opt) ||
      (texts(before.service.security_opt).some(isNoNewPrivileges) &&
        !texts(service.security_opt).some(isNoNewPrivileges)),
  },
  {
    key: 'read_only',
    seen: 'read_only is gone',
    is: ({ service }, before) => before.service.read_only === true && service.read_only !== true,
  },
  {
    key: 'user',
    seen: 'it runs as root',
    is: ({ service }, before) =>
      isRoot(service.user ?? '') &&
      before.service.user !== undefined &&
      !isRoot(before.service.user),
  },
  ...['network_mode', 'pid', 'ipc', 'userns_mode'].map((key) => ({
    key,
    seen: `${key}: host`,
    is: ({ service }: ServiceView, before: ServiceView) =>
      service[key] === 'host' && before.service[key] !== 'host',
  })),
  {
    key: 'ports',
    seen: 'a data store is published',
    is: (after, before) => stores.includes(after.role) && after.ports.length > before.ports.length,
  },
  {
    key: 'volumes',
    seen: "the engine's socket is mounted",
    is: (after, before) => after.mounts.some(isSocket) && !before.mounts.some(isSocket),
  },
];

/** Each service as the first file that has it gives it. */
function firstForms(layers: readonly ComposeDocument[]): Map<string, ComposeService> {
  const forms = new Map<string, ComposeService>();
  for (const { services } of layers) {
    // A service that a file takes away with !reset is nothing there.
    for (const [name, service] of Object.entries(
      services as Record<string, ComposeService | null>,
    )) {
      if (service && !forms.has(name)) forms.set(name, service);
    }
  }
  return forms;
}

function texts(list: readonly string[] | undefined): string[] {
  return (list ?? []).map((text) => text.toLowerCase());
}

function hasMore(
  after: readonly string[] | undefined,
  before: readonly string[] | undefined,
): boolean {
  const known = new Set(texts(before));
  return texts(after).some((text) => !known.has(text));
}

function dropsAll({ cap_drop: dropped }: ComposeService): boolean {
  return texts(dropped).some((name) => name === 'all' || name === 'cap_all');
}

function isUnconfined(option: string): boolean {
  return /unconfined|label[:=]disable/.test(option);
}

function isNoNewPrivileges(option: string): boolean {
  return /^no-new-privileges([:=]true)?$/.test(option);
}

function isSocket({ source }: { source: string }): boolean {
  return /(docker|containerd|podman)[^/]*\.sock$/.test(source);
}

function exampleOf(before: ComposeService, after: ComposeService): StaticModel {
  const document = { services: { app: after } };
  return { document, layers: [{ services: { app: before } }, document] };
}
