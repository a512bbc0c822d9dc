import * as z from 'zod/mini';
import type { SettingDefinition, SettingType, SettingValue } from './definition.ts';

/** The types whose value is one piece of text (or a list of such) with a form of its own. */
type FormType = Exclude<SettingType, 'string' | 'text' | 'integer' | 'port' | 'boolean' | 'enum'>;

/** What one type of text accepts. */
interface Form {
  /** Completes "expected …". */
  expects: string;
  /** Anchored regular expression; also goes into the JSON Schema. */
  pattern: string;
  /** What no expression can tell; absent: the expression tells all. */
  more?: (text: string) => boolean;
}

const anyOf = (...expressions: RegExp[]): string =>
  expressions.map(({ source }) => source).join('|');
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const hostLabel = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const pathPart = '[a-z0-9]+(?:(?:\\.|__|_|-+)[a-z0-9]+)*';
const email: Form = {
  expects: 'an e-mail address such as admin@example.com',
  pattern: z.regexes.email.source,
};

/** The text forms; lists give the form of one entry. */
export const forms: Readonly<Record<FormType, Form>> = {
  list: { expects: 'entries separated by commas', pattern: '^[^,]+$' },
  domain: {
    expects:
      'a domain name in lower case with a dot in it, such as example.com (letters beyond ASCII as xn--…)',
    pattern: `^(?=.{1,253}$)(?:${label}\\.)+(?![0-9]+$)${label}$`,
  },
  address: {
    expects: 'an IPv4 or IPv6 address such as 127.0.0.1 or ::1',
    pattern: anyOf(z.regexes.ipv4, z.regexes.ipv6),
  },
  'cidr-list': {
    expects: 'networks in CIDR notation separated by commas, such as 10.0.0.0/8',
    pattern: anyOf(z.regexes.cidrv4, z.regexes.cidrv6),
  },
  duration: {
    expects: 'a duration in one unit (s, m, h or d) of at most 9999d, such as 10m, 24h or 7d',
    // No unit reaches what a program counts in nanoseconds or in a signed 32-bit number of seconds.
    pattern: '^[1-9](?:[0-9]{0,7}s|[0-9]{0,6}m|[0-9]{0,4}h|[0-9]{0,3}d)$',
  },
  size: {
    expects: 'a size in one unit (k, m or g), such as 64m',
    pattern: '^[1-9][0-9]{0,8}[kmg]$',
  },
  email,
  'email-list': {
    expects: 'e-mail addresses separated by commas',
    pattern: email.pattern,
  },
  url: {
    expects: 'an http:// or https:// address without a user name or password',
    pattern: `^https?://(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9A-Fa-f:.]+\\])(?::[0-9]{1,5})?(?:[/?#][!-~]*)?$`,
    more: (text) => URL.canParse(text),
  },
  image: {
    // https://pkg.go.dev/github.com/distribution/reference
    expects: 'an image reference such as docker.io/library/redis:8.2.1',
    // A first part with a dot, a colon or an upper-case letter is a registry, and has to be a host.
    pattern: `^(?=.{1,400}$)(?:(?=localhost/|[^/]*[.:A-Z][^/]*/)(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?/|(?!localhost/|[^/]*[.:A-Z][^/]*/))${pathPart}(?:/${pathPart})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
  },
  registry: {
    // Docker takes a first word without a dot or a port for an account at Docker Hub.
    expects:
      'the host of a registry, in lower case with a dot or a port in it, and an optional path, such as registry.example.com/mirror',
    pattern: `^(?=.{1,150}$)(?=localhost(?:[:/]|$)|[^/]*[.:])${label}(?:\\.${label})*(?::[0-9]{1,5})?(?:/${pathPart})*$`,
  },
  timezone: {
    expects: 'a time zone of the tz database such as Europe/Madrid or UTC',
    pattern: '^[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*){0,2}$',
    more: isTimeZone,
  },
};

/** Any text on one line: no control character but the tab. */
export const linePattern = '^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$';
/** Any text on lines. */
export const textPattern = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$';

/** Bounds of an integer or port setting, inclusive. */
export function boundsOf(definition: SettingDefinition): { min: number; max: number } {
  const [min, max] =
    definition.type === 'port' ? [1, 65_535] : [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return { min: definition.min ?? min, max: definition.max ?? max };
}

/** A duration in the notation of Go, which has no days: `7d` is `168h`. */
export function goDuration(text: string): string {
  return text.endsWith('d') ? `${String(Number(text.slice(0, -1)) * 24)}h` : text;
}

/** True for the types whose value is an array of strings. */
export function isListType(type: SettingType): type is 'list' | 'cidr-list' | 'email-list' {
  return type === 'list' || type === 'cidr-list' || type === 'email-list';
}

/** What a setting accepts, to complete "expected …". */
export function expectationOf(definition: SettingDefinition): string {
  const { type, pattern, values = [] } = definition;
  switch (type) {
    case 'string':
      return pattern === undefined
        ? 'text on one line'
        : `text on one line that matches ${pattern}`;
    case 'text':
      return 'text, also of several lines';
    case 'boolean':
      return 'true or false';
    case 'enum':
      return `one of ${values.join(', ')}`;
    case 'port':
    case 'integer': {
      const { min, max } = boundsOf(definition);
      const kind = type === 'port' ? 'a port number' : 'a whole number';
      if (type === 'port' || (definition.min !== undefined && definition.max !== undefined)) {
        return `${kind} from ${min} to ${max}`;
      }
      if (definition.min !== undefined) return `${kind} of at least ${min}`;
      return definition.max === undefined ? kind : `${kind} of at most ${max}`;
    }
    case 'list':
    case 'cidr-list':
    case 'email-list':
    case 'domain':
    case 'address':
    case 'duration':
    case 'size':
    case 'email':
    case 'url':
    case 'image':
    case 'registry':
    case 'timezone':
      return forms[type].expects;
  }
}

/** A typed value, or in words what is wrong with the text; words never hold the text. */
export type Reading = { value: SettingValue } | { wrong: string };

/** Reads text that is not empty as the setting's type. */
export function readValue(definition: SettingDefinition, text: string): Reading {
  const { type } = definition;
  if (type !== 'text' && /[\r\n]/.test(text)) {
    return { wrong: 'a line break in a value that has to be on one line' };
  }
  if (isListType(type)) return readList(type, text);
  const wrong = { wrong: `a value of ${text.length} characters that does not fit` };
  switch (type) {
    case 'text':
    case 'string': {
      if (!matches(type === 'text' ? textPattern : linePattern, text)) {
        return { wrong: 'a control character in the value' };
      }
      const { pattern } = definition;
      return pattern === undefined || matches(wholePattern(pattern), text)
        ? { value: text }
        : wrong;
    }
    case 'boolean':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : wrong;
    case 'enum':
      return definition.values?.includes(text) ? { value: text } : wrong;
    case 'integer':
    case 'port': {
      if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) return wrong;
      const { min, max } = boundsOf(definition);
      const value = Number(text);
      return value >= min && value <= max ? { value } : { wrong: 'a number out of range' };
    }
    case 'domain':
    case 'address':
    case 'duration':
    case 'size':
    case 'email':
    case 'url':
    case 'image':
    case 'registry':
    case 'timezone':
      return fits(forms[type], text) ? { value: text } : wrong;
  }
}

/** A definition's `pattern` as an expression for the whole value. */
export function wholePattern(pattern: string): string {
  return `^(?:${pattern})$`;
}

function readList(type: 'list' | 'cidr-list' | 'email-list', text: string): Reading {
  const entries = text.split(',').map((entry) => entry.trim());
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (entry === '') return { wrong: `entry ${index + 1} of the list is empty` };
    if (seen.has(entry)) return { wrong: `entry ${index + 1} of the list repeats an earlier one` };
    if (!matches(linePattern, entry) || !fits(forms[type], entry)) {
      return { wrong: `entry ${index + 1} of the list does not fit` };
    }
    seen.add(entry);
  }
  return { value: entries };
}

function fits(form: Form, text: string): boolean {
  return matches(form.pattern, text) && (form.more?.(text) ?? true);
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(pattern, 'u').test(text);
}

/** tz names are case-sensitive files in a container, while Intl takes any case. */
function isTimeZone(text: string): boolean {
  if (text === 'UTC' || Intl.supportedValuesOf('timeZone').includes(text)) return true;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    return timeZone === text || timeZone.toLowerCase() !== text.toLowerCase();
  } catch {
    return false;
  }
}
