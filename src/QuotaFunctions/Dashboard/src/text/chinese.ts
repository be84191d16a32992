const startsChinese = /^\p{Script=Han}/u;
const endsChinese = /\p{Script=Han}$/u;

/** A sentence with values in it. A blank beside a value sets off letters and figures; where the value is Chinese itself there is none. */
export function say(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((said, part, index) => {
    const value = String(values[index - 1]);
    return (startsChinese.test(value) ? said.trimEnd() : said) + value + (endsChinese.test(value) ? part.trimStart() : part);
  });
}
