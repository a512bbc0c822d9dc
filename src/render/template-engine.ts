import type Handlebars from 'handlebars';
import { JackerError } from '../error.ts';
import { goDuration } from '../settings/forms.ts';
import { quote, type Format } from './quote.ts';

/** A template's text and where it is from, for messages. */
export interface TemplateSource {
  file: string;
  text: string;
}

/** A renderer of the templates of one format. */
export interface TemplateEngine {
  render(source: TemplateSource, context: object, partials?: ReadonlyMap<string, string>): string;
}

/** Turns a template into a function, and a partial into one, on an environment with helpers. */
export interface TemplateLoader {
  environment: Pick<typeof Handlebars, 'registerHelper' | 'registerPartial'>;
  load(source: TemplateSource): Handlebars.TemplateDelegate;
}

/** The file that a partial is kept in; for messages, and to find its compiled form. */
export function partialFile(name: string): string {
  return `config/error-pages/_${name}.hbs`;
}

/**
 * The engine of one format over a loader: with the helpers that templates may use, the quoting one
 * among them. Errors are `template-invalid` with file and, where it is known, line.
 */
export function templateEngine(format: Format, loader: TemplateLoader): TemplateEngine {
  const { environment } = loader;
  environment.registerHelper('quoted', (value: unknown, name: string, line: number) => {
    try {
      return quote(format, value);
    } catch (error) {
      if (!(error instanceof JackerError)) throw error;
      const problems = error.problems.map((problem) => ({
        ...problem,
        where: { line, key: name },
      }));
      throw new JackerError('template-invalid', problems, { cause: error });
    }
  });
  environment.registerHelper('equals', (a: unknown, b: unknown) => a === b);
  environment.registerHelper('includes', (list: unknown, item: unknown) =>
    Array.isArray(list) ? list.includes(item) : false,
  );
  environment.registerHelper('goDuration', (text: unknown) => goDuration(String(text)));
  environment.registerHelper('join', (...parts: unknown[]) => parts.slice(0, -1).join(''));
  return {
    render(source, context, partials = new Map()) {
      try {
        const template = loader.load(source);
        for (const [name, text] of partials) {
          environment.registerPartial(name, loader.load({ file: partialFile(name), text }));
        }
        return template(context, { allowProtoPropertiesByDefault: false });
      } catch (error) {
        throw asTemplateError(error, source.file);
      }
    },
  };
}

function asTemplateError(error: unknown, file: string): JackerError {
  if (error instanceof JackerError) {
    const problems = error.problems.map((problem) => ({
      ...problem,
      where: { file, ...problem.where },
    }));
    return new JackerError('template-invalid', problems, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  const line = /line (\d+)|- (\d+):\d+/.exec(message);
  return new JackerError(
    'template-invalid',
    {
      what: message.split('\n')[0] ?? message,
      where: { file, ...(line ? { line: Number(line[1] ?? line[2]) } : {}) },
      hint: 'Templates are Handlebars; every name in them must exist.',
    },
    { cause: error },
  );
}
