import * as z from 'zod';

/** One step that Compose reports while it works. */
export interface ComposeEvent {
  kind: 'container' | 'network' | 'volume' | 'image' | 'service' | 'project';
  /** The object's name, for example `jacker-redis-1`. */
  name: string;
  /** The service, where the name is a container's or an image's of this project. */
  service?: string;
  /** Compose's own word: `Creating`, `Started`, `Healthy`, `Pulled`, `Error`, ... */
  state: string;
  /** More about an error. */
  detail?: string;
}

/** One container of the project, as `docker compose ps` lists it. */
export interface ComposeContainer {
  id: string;
  name: string;
  service: string;
  /** `running`, `exited`, `created`, `paused`, `restarting`, `dead` or `removing`. */
  state: string;
  /** `healthy`, `unhealthy`, `starting`, or '' without a healthcheck. */
  health: string;
  exitCode: number;
  image: string;
  status: string;
}

const progressSchema = z.object({
  id: z.string(),
  text: z.string().optional(),
  status: z.string().optional(),
  details: z.string().optional(),
  parent_id: z.string().optional(),
});

/** The general words of Compose's JSON progress; what happened is then in the other field. */
const generalWords = new Set(['Working', 'Done', 'Warning', 'Error']);

/**
 * One line of `--progress json`; null for lines that are no step of an object (layers of an image,
 * messages). Which of `text` and `status` holds the state differs between versions of Compose.
 */
export function parseJsonProgress(line: string, project: string): ComposeEvent | null {
  const step = progressSchema.safeParse(parseJson(line));
  if (!step.success || step.data.parent_id) return null;
  const { id, text = '', status = '', details } = step.data;
  const words = [text, status].filter((word) => word !== '');
  const state = words.find((word) => !generalWords.has(word)) ?? words[0];
  if (state === undefined) return null;
  // An error's own text is a sentence; the state stays one word.
  const failed = status === 'Error' || text === 'Error';
  const detail = [failed && state !== 'Error' ? state : '', details ?? '']
    .filter(Boolean)
    .join(' ');
  return describe(id, failed ? 'Error' : state, detail, project);
}

/** One line of `--progress plain`, for Compose before 2.29; null for other output. */
export function parsePlainProgress(line: string, project: string): ComposeEvent | null {
  const match =
    /^\s*((?:Container|Network|Volume|Image|Service) \S+|[a-z0-9][a-z0-9_.-]*)\s+([A-Z][a-z]+)\s*(.*)$/.exec(
      line,
    );
  const [, id, state, detail] = match ?? [];
  return id === undefined || state === undefined
    ? null
    : describe(id, state, detail ?? '', project);
}

/**
 * The answer of `docker compose ps --format json`: an array before Compose 2.21, one object per
 * line since.
 *
 * @throws Error where it is neither.
 */
export function parseComposePs(text: string): ComposeContainer[] {
  const trimmed = text.trim();
  const entries: unknown = trimmed.startsWith('[')
    ? JSON.parse(trimmed)
    : trimmed
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line): unknown => JSON.parse(line));
  return z.array(psSchema).parse(entries);
}

/**
 * The last lines of what Compose wrote, without colours, progress and the JSON around messages:
 * what a person needs to see why it failed.
 */
export function failureLines(stderr: string, count: number): string {
  return stderr
    .split('\n')
    .map((line) => messageOf(stripAnsi(line).trim()))
    .filter((line) => line !== '' && !isProgress(line))
    .slice(-count)
    .join('\n');
}

const psSchema = z
  .object({
    ID: z.string(),
    Name: z.string(),
    Service: z.string(),
    State: z.string(),
    Health: z.string().default(''),
    ExitCode: z.number().default(0),
    Image: z.string().default(''),
    Status: z.string().default(''),
  })
  .transform((entry): ComposeContainer => ({
    id: entry.ID,
    name: entry.Name,
    service: entry.Service,
    state: entry.State,
    health: entry.Health,
    exitCode: entry.ExitCode,
    image: entry.Image,
    status: entry.Status,
  }));

const messageSchema = z.union([
  z.object({ error: z.literal(true), message: z.string() }).transform(({ message }) => message),
  z
    .object({ level: z.string(), msg: z.string() })
    .transform(({ level, msg }) => `${level}: ${msg}`),
  // Progress counts only where it tells of a failure.
  progressSchema.transform(({ id, text = '', status = '', details = '' }) =>
    [status, text].includes('Error') ? [id, text, details].filter(Boolean).join(' ') : '',
  ),
]);

function messageOf(line: string): string {
  if (!line.startsWith('{')) return line;
  const message = messageSchema.safeParse(parseJson(line));
  return message.success ? message.data : line;
}

function describe(id: string, state: string, detail: string, project: string): ComposeEvent {
  // Older versions put volume names in quotes.
  const [, word, rest] = /^(Container|Network|Volume|Image|Service) "?([^\s"]+)"?$/.exec(id) ?? [];
  const name = rest ?? id;
  const kind = (word?.toLowerCase() ??
    (id === 'Compose' ? 'project' : 'service')) as ComposeEvent['kind'];
  const service =
    kind === 'service' ? name : kind === 'container' ? serviceOf(name, project) : undefined;
  return {
    kind,
    name,
    ...(service === undefined ? {} : { service }),
    state,
    ...(detail === '' ? {} : { detail }),
  };
}

/** Compose names containers `project-service-number`. */
function serviceOf(container: string, project: string): string | undefined {
  const rest = container.startsWith(`${project}-`) ? container.slice(project.length + 1) : '';
  return /^(.+)-\d+$/.exec(rest)?.[1];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function stripAnsi(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}

/** Compose mixes its progress into the stream that its errors arrive on. */
function isProgress(line: string): boolean {
  return /^(Container|Network|Volume|Image) \S+ +[A-Z][a-z]+$/.test(line.replaceAll('"', ''));
}
