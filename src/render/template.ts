import Handlebars from 'handlebars';
import { JackerError } from '../error.ts';
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

/**
 * An engine in which every interpolation goes through the format's quoting: it is put around each
 * `{{...}}` in the template's syntax tree, so that no template can forget it. `{{{...}}}` is
 * refused. Errors are `template-invalid` with file and line.
 */
export function createTemplateEngine(format: Format): TemplateEngine {
  const handlebars = Handlebars.create();
  handlebars.registerHelper('quoted', (value: unknown) => quote(format, value));
  handlebars.registerHelper('equals', (a: unknown, b: unknown) => a === b);
  handlebars.registerHelper('includes', (list: unknown, item: unknown) =>
    Array.isArray(list) ? list.includes(item) : false,
  );
  handlebars.registerHelper('join', (...parts: unknown[]) => parts.slice(0, -1).join(''));
  const parse = (source: TemplateSource): hbs.AST.Program => {
    try {
      const program = handlebars.parse(source.text);
      new QuotingVisitor(source.file).accept(program);
      return program;
    } catch (error) {
      throw asTemplateError(error, source.file);
    }
  };
  return {
    render(source, context, partials = new Map()) {
      const compiled = handlebars.compile(parse(source), { noEscape: true, strict: true });
      for (const [name, text] of partials) {
        handlebars.registerPartial(
          name,
          handlebars.compile(parse({ file: name, text }), { noEscape: true, strict: true }),
        );
      }
      try {
        return compiled(context, { allowProtoPropertiesByDefault: false });
      } catch (error) {
        throw asTemplateError(error, source.file);
      }
    },
  };
}

/** Wraps the expression of every mustache in a call of the `quoted` helper. */
class QuotingVisitor extends Handlebars.Visitor {
  readonly #file: string;

  constructor(file: string) {
    super();
    this.#file = file;
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    if (!mustache.escaped) {
      throw new JackerError('template-invalid', {
        what: 'writes a value without quoting ({{{ or {{&)',
        where: { file: this.#file, line: mustache.loc.start.line },
        hint: 'Use {{...}}: the format decides how the value is quoted.',
      });
    }
    const { path, params, hash, loc } = mustache;
    const isCall = params.length > 0;
    const inner: hbs.AST.Expression = isCall
      ? ({ type: 'SubExpression', path, params, hash, loc } as hbs.AST.SubExpression)
      : path;
    mustache.params = [inner];
    mustache.path = {
      type: 'PathExpression',
      data: false,
      depth: 0,
      parts: ['quoted'],
      original: 'quoted',
      loc,
    };
  }
}

function asTemplateError(error: unknown, file: string): JackerError {
  if (error instanceof JackerError) {
    const problems = error.problems.map((problem) => ({ where: { file }, ...problem }));
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
