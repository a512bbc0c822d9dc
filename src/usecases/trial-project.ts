import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createCompose, type Compose } from '../docker/compose.ts';
import type { Endpoint } from '../docker/endpoint.ts';
import { createEngine, type Engine } from '../docker/engine.ts';
import type { ContainerFacts } from '../docker/facts.ts';
import { parseListeningSockets } from '../docker/listening-sockets.ts';
import { JackerError } from '../error.ts';
import type { ComposeDocument } from '../harden/compose-model.ts';
import type { World } from '../io/world.ts';
import type { Grants } from '../remedy/trial-grants.ts';
import { isOwnVolume, trialDocument, type TrialService } from '../remedy/trial-document.ts';

/** Label of everything that a trial starts. */
export const trialLabel = 'io.jacker.trial';
/** How long a service without a check of health must run before it counts as running. */
const stableMs = 3000;
const pollMs = 200;
/** Words with which programs say that they miss a privilege. */
const complaint =
  /permission denied|operation not permitted|read-only file system|not permitted|EACCES|EPERM|EROFS|no space left on device|can(no|')t (chown|setuid|setgid|set(uid|gid|groups))/i;

/** What came of starting a service. */
export interface Outcome {
  holds: boolean;
  /** The log line, or what the engine says, where it does not. */
  evidence: string;
  seconds: number;
}

/** What a service that works does: a trial must do the same. */
export interface Baseline {
  listening: readonly number[];
  complaints: ReadonlySet<string>;
  seconds: number;
  /** It ends by itself, with success. */
  job: boolean;
}

/** A scratch project on the engine, and what is started in it. */
export class TrialProject {
  readonly name: string;
  readonly folder: string;
  readonly engine: Engine;
  readonly #world: World;
  readonly #endpoint: Endpoint;
  readonly #compose: Compose;
  readonly #document: ComposeDocument;
  readonly #secretFiles: ReadonlyMap<string, string>;
  readonly services: Map<string, TrialService>;
  readonly #secrets: readonly string[];
  readonly baselines = new Map<string, Baseline>();

  constructor(parts: {
    name: string;
    folder: string;
    engine: Engine;
    world: World;
    endpoint: Endpoint;
    document: ComposeDocument;
    services: readonly TrialService[];
    secretFiles: ReadonlyMap<string, string>;
  }) {
    this.name = parts.name;
    this.folder = parts.folder;
    this.engine = parts.engine;
    this.#world = parts.world;
    this.#endpoint = parts.endpoint;
    this.#document = parts.document;
    this.#secretFiles = parts.secretFiles;
    this.#secrets = secretsOf(parts.document);
    this.services = new Map(parts.services.map((one) => [one.name, one]));
    this.#compose = createCompose({ ...this.#project(), signal: parts.world.signal });
  }

  /** Starts services with what they are granted now, and answers how each of them does. */
  async start(names: readonly string[], waitSeconds: number): Promise<Map<string, Outcome>> {
    await this.#write();
    const begun = Date.now();
    const failure = await this.#up(names, waitSeconds, 'changed');
    const outcomes = new Map<string, Outcome>();
    for (const name of names) {
      const outcome = await this.#judge(name, failure, waitSeconds);
      outcomes.set(name, { ...outcome, seconds: (Date.now() - begun) / 1000 });
    }
    return outcomes;
  }

  /**
   * Tries one service with other grants: from empty volumes of its own, and once more with what it
   * left there, since a first start and a second one may need different things.
   */
  async attempt(name: string, grants: Grants): Promise<Outcome> {
    const before = this.services.get(name);
    const baseline = this.baselines.get(name);
    if (!before || !baseline) throw new TypeError(`${name} is not part of the trial`);
    const wait = Math.min(90, Math.ceil(baseline.seconds * 3) + 10);
    this.services.set(name, { ...before, grants, attempt: before.attempt + 1 });
    const first = (await this.start([name], wait)).get(name);
    await this.#removeVolumes(name, before.attempt);
    if (!first?.holds || baseline.job) return first ?? { holds: false, evidence: '', seconds: 0 };
    const begun = Date.now();
    await this.#compose.restart([name]);
    const failure = await this.#up([name], wait, 'never');
    const second = await this.#judge(name, failure, wait);
    const seconds = first.seconds + (Date.now() - begun) / 1000;
    return { ...second, seconds, evidence: second.holds ? '' : `second start: ${second.evidence}` };
  }

  /** Facts of a service's container; null where there is none. */
  async container(name: string): Promise<ContainerFacts | null> {
    const all = await this.engine.listContainers({ project: this.name });
    const found = all.find(({ service }) => service === name);
    return found ? this.engine.inspectContainer(found.id) : null;
  }

  /** What a program in a service's container prints; null where it cannot be run there. */
  async ask(name: string, argv: readonly string[]): Promise<string | null> {
    const facts = await this.container(name);
    if (!facts?.state.running) return null;
    const result = await this.engine
      .exec(facts.id, argv, { timeoutMs: 10_000, signal: this.#world.signal })
      .catch(() => null);
    this.#world.signal.throwIfAborted();
    return result?.exitCode === 0 ? result.stdout : null;
  }

  /** Ports on which a service's container listens; none where nobody can tell. */
  async listening(name: string): Promise<number[]> {
    const texts = [
      await this.ask(name, ['cat', '/proc/net/tcp']),
      await this.ask(name, ['cat', '/proc/net/tcp6']),
    ];
    const ports = texts.flatMap((text) => (text === null ? [] : parseListeningSockets(text)));
    // The engine's own name server listens on a port of its choice.
    const own = ports.filter(({ address }) => address !== '127.0.0.11');
    return [...new Set(own.map(({ port }) => port))].sort((a, b) => a - b);
  }

  /** Lines of a service's log in which it says that it misses something, without what varies. */
  async complaints(name: string): Promise<string[]> {
    const facts = await this.container(name);
    if (!facts) return [];
    return (await this.#log(facts.id)).filter((line) => complaint.test(line)).map(lasting);
  }

  /** Takes away all that was started; also after an interruption. */
  async remove(): Promise<void> {
    const engine = createEngine(this.#endpoint);
    try {
      await createCompose(this.#project()).down({ removeOrphans: true, timeout: 0 });
      // Compose forgets a network that no service is in any more.
      for (const { id } of await engine.listNetworks({ project: this.name })) {
        await engine.removeNetwork(id);
      }
      for (const { name } of await engine.listVolumes({ project: this.name })) {
        await engine.removeVolume(name);
      }
    } finally {
      engine.close();
    }
  }

  #project(): Parameters<typeof createCompose>[0] {
    return {
      environment: this.#endpoint.environment,
      projectDir: this.folder,
      projectName: this.name,
      files: [join(this.folder, 'compose.json')],
    };
  }

  async #write(): Promise<void> {
    const services = [...this.services.values()];
    const document = trialDocument(this.#document, services, trialLabel, this.#secretFiles);
    await this.#world.files.write(
      join(this.folder, 'compose.json'),
      JSON.stringify(document, null, 1),
      { mode: 0o600 },
    );
  }

  /** What Compose says where it does not start, or not in time; null where all is well. */
  async #up(
    services: readonly string[],
    waitTimeoutSeconds: number,
    recreate: 'changed' | 'never',
  ): Promise<string | null> {
    try {
      await this.#compose.up({
        services,
        waitTimeoutSeconds,
        recreate,
        withoutDependencies: services.length === 1,
      });
      return null;
    } catch (error) {
      this.#world.signal.throwIfAborted();
      if (!(error instanceof JackerError) || error.code !== 'docker-failed') throw error;
      return error.problems.map(({ why, what }) => lastLine(why ?? what)).join(' ');
    }
  }

  async #judge(name: string, failure: string | null, waitSeconds: number): Promise<Outcome> {
    const baseline = this.baselines.get(name);
    const breaks = (evidence: string): Outcome => ({ holds: false, evidence, seconds: 0 });
    const facts = await this.container(name);
    if (!facts) return breaks(failure ?? 'no container was made');
    const log = await this.#log(facts.id);
    const fresh = log.filter(
      (line) => complaint.test(line) && !(baseline?.complaints.has(lasting(line)) ?? true),
    );
    const said = fresh[0] ?? log.filter((line) => complaint.test(line)).at(-1) ?? log.at(-1);
    if (!facts.state.running) {
      const ended = facts.state.exitCode === 0 && facts.state.error === '';
      if (ended && (baseline?.job ?? true)) return fresh[0] ? breaks(fresh[0]) : holds;
      const ending = facts.state.error || `it ended with ${facts.state.exitCode}`;
      return breaks(said === undefined ? ending : `${ending}: ${said}`);
    }
    if (facts.state.health !== null && facts.state.health !== 'healthy') {
      return breaks(`not healthy: ${said ?? lastLine(facts.state.lastHealthOutput ?? '')}`);
    }
    const wanted = baseline?.listening ?? [];
    const ready = await this.#settles(name, facts.state.startedAt, wanted, waitSeconds);
    if (ready !== null) return breaks(said === undefined ? ready : `${ready}: ${said}`);
    if (baseline) {
      const late = (await this.#log(facts.id)).find(
        (line) => complaint.test(line) && !baseline.complaints.has(lasting(line)),
      );
      if (late !== undefined) return breaks(late);
    }
    return holds;
  }

  /** Waits until a service listens where it did before, or has run for long enough; says why not. */
  async #settles(
    name: string,
    startedAt: string,
    wanted: readonly number[],
    waitSeconds: number,
  ): Promise<string | null> {
    const begun = Date.parse(startedAt);
    const end = Date.now() + waitSeconds * 1000;
    for (;;) {
      const facts = await this.container(name);
      if (!facts?.state.running) return `it ended with ${facts?.state.exitCode ?? 'nothing'}`;
      const isStable = facts.state.health === 'healthy' || Date.now() - begun >= stableMs;
      const ports = wanted.length === 0 ? [] : await this.listening(name);
      const missing = wanted.filter((port) => !ports.includes(port));
      if (isStable && missing.length === 0) return null;
      if (Date.now() > end) return `it does not listen on ${missing.join(', ')}`;
      await delay(pollMs, undefined, { signal: this.#world.signal });
    }
  }

  /** Lines of a log, without what the file says that is a secret. */
  async #log(id: string): Promise<string[]> {
    const { stdout, stderr } = await this.engine.logs(id, { tail: 300 });
    return [...stderr.split('\n'), ...stdout.split('\n')]
      .map((line) => this.#secrets.reduce((text, secret) => text.replaceAll(secret, '…'), line))
      .map((line) => line.trim())
      .filter(Boolean);
  }

  async #removeVolumes(service: string, attempt: number): Promise<void> {
    for (const { name } of await this.engine.listVolumes({ project: this.name })) {
      if (isOwnVolume(name.slice(this.name.length), service, attempt)) {
        await this.engine.removeVolume(name);
      }
    }
  }
}

const holds: Outcome = { holds: true, evidence: '', seconds: 0 };

/** A log line without times and numbers, so that the same one is known again. */
function lasting(line: string): string {
  return line.replaceAll(/\d+/g, '0');
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** Values of variables whose names say that they are secrets; longer ones first. */
function secretsOf(document: ComposeDocument): string[] {
  const values = Object.values(document.services).flatMap(({ environment }) =>
    Object.entries(environment ?? {}).flatMap(([name, value]) =>
      /pass|secret|token|key|credential|pwd|auth/i.test(name) && typeof value === 'string'
        ? [value]
        : [],
    ),
  );
  // One of a few letters is in every line, and nobody's secret.
  return [...new Set(values)]
    .filter((value) => value.length > 5)
    .sort((a, b) => b.length - a.length);
}
