import type { StackService } from '../../catalog/stack.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import type { StaticModel } from '../control.ts';
import { roleOf, type Program, type Role } from './roles.ts';
import { mountsOf, type ServiceMount } from './service-mounts.ts';
import { portsOf, type ServicePort } from './service-ports.ts';

/** An image's name in its parts, as they are written; nothing is filled in. */
export interface ImageName {
  /** Host of the registry; empty where none is written. */
  registry: string;
  /** Path in the registry without it, for example `library/redis` or `redis`. */
  path: string;
  tag: string;
  digest: string;
}

/** One service with what several controls ask about it; each part is worked out once. */
export class ServiceView {
  readonly name: string;
  readonly service: ComposeService;
  /** The service of Jacker's own stack, where the model is of one. */
  readonly known: StackService | undefined;
  readonly #open: ReadonlySet<string> | undefined;
  #place: readonly string[] | undefined;
  #mounts: ServiceMount[] | undefined;
  #ports: ServicePort[] | undefined;
  #environment: ReadonlyMap<string, string> | undefined;
  #labels: ReadonlyMap<string, string> | undefined;
  #image: ImageName | undefined;
  #role: { program?: Program; role?: Role } | undefined;

  constructor(
    name: string,
    service: ComposeService,
    known: StackService | undefined,
    open: ReadonlySet<string> | undefined,
  ) {
    this.name = name;
    this.service = service;
    this.known = known;
    this.#open = open;
  }

  /** The path of the service in its document. */
  get place(): readonly string[] {
    return (this.#place ??= ['services', this.name]);
  }

  /** True where no variable without a value is known of in any key. */
  get isClosed(): boolean {
    return this.#open === undefined;
  }

  /** True where a variable without a value is in the key. */
  isOpen(key: string): boolean {
    return this.#open?.has(key) ?? false;
  }

  get mounts(): readonly ServiceMount[] {
    return (this.#mounts ??= mountsOf(this.service));
  }

  get ports(): readonly ServicePort[] {
    return (this.#ports ??= portsOf(this.service));
  }

  /** Variables by name; one without a value in the file is ''. */
  get environment(): ReadonlyMap<string, string> {
    return (this.#environment ??= pairsOf(this.service.environment));
  }

  get labels(): ReadonlyMap<string, string> {
    return (this.#labels ??= pairsOf(this.service.labels));
  }

  /** Words of the command; a text is split at blanks outside of quotes. */
  get command(): readonly string[] {
    return wordsOf(this.service.command);
  }

  get entrypoint(): readonly string[] {
    return wordsOf(this.service.entrypoint);
  }

  /** Networks by the document's names: `default` where none is chosen, none with a network_mode. */
  get networks(): readonly string[] {
    const { networks, network_mode: mode } = this.service;
    if (mode !== undefined) return [];
    if (networks === undefined) return ['default'];
    const names = Array.isArray(networks) ? (networks as string[]) : Object.keys(networks);
    return names.length > 0 ? names : ['default'];
  }

  get image(): ImageName {
    return (this.#image ??= imageName(this.service.image ?? ''));
  }

  /** The program that the image's name stands for; undefined where it is none we know. */
  get program(): Program | undefined {
    return (this.#role ??= roleOf(this.image.path)).program;
  }

  get role(): Role | undefined {
    return (this.#role ??= roleOf(this.image.path)).role;
  }
}

/** A whole document with what several controls ask about it. */
export interface StackView {
  services: readonly ServiceView[];
  byName: ReadonlyMap<string, ServiceView>;
  /** Members of each network, by the document's name of it. */
  members: ReadonlyMap<string, readonly ServiceView[]>;
}

/** A view with what it was made from beside the document. */
interface KeptView extends StackView {
  open: StaticModel['open'] | undefined;
  project: StaticModel['project'] | undefined;
}

/** By document: several models may be of one, as when something is looked at before its audit. */
const views = new WeakMap<StaticModel['document'], KeptView>();

/** The view of a model; made at the first call. */
export function viewOf(model: StaticModel): StackView {
  const { document, open, project } = model;
  const known = views.get(document);
  if (known && known.open === open && known.project === project) return known;
  const stack = new Map(model.project?.stack.services.map((one) => [one.name, one] as const));
  const services = Object.entries(model.document.services).map(
    ([name, service]) => new ServiceView(name, service, stack.get(name), model.open?.get(name)),
  );
  const members = new Map<string, ServiceView[]>();
  for (const service of services) {
    for (const network of service.networks) {
      const list = members.get(network);
      if (list) list.push(service);
      else members.set(network, [service]);
    }
  }
  const byName = new Map(services.map((one) => [one.name, one]));
  const view = { services, byName, members, open, project };
  views.set(document, view);
  return view;
}

/** `KEY=VALUE` lists and maps alike. */
function pairsOf(pairs: unknown): ReadonlyMap<string, string> {
  if (Array.isArray(pairs)) {
    return new Map(
      (pairs as unknown[]).map((entry) => {
        const text = String(entry);
        const at = text.indexOf('=');
        return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
      }),
    );
  }
  return new Map(
    Object.entries((pairs ?? {}) as Record<string, unknown>).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value
        : value === null || value === undefined
          ? ''
          : JSON.stringify(value),
    ]),
  );
}

function wordsOf(words: readonly string[] | string | undefined): readonly string[] {
  if (words === undefined) return [];
  if (typeof words !== 'string') return words;
  return [...words.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

function imageName(text: string): ImageName {
  const [name = '', digest = ''] = text.split('@', 2);
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const registry = /[.:]|^localhost$/.test(first) ? first : '';
  const rest = registry === '' ? name : name.slice(slash + 1);
  const colon = rest.lastIndexOf(':');
  return {
    registry,
    path: colon < 0 ? rest : rest.slice(0, colon),
    tag: colon < 0 ? '' : rest.slice(colon + 1),
    digest,
  };
}
