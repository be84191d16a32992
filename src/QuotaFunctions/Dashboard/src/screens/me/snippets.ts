/** A call in one language: the key's place is marked, and never filled in. */
export interface Snippet {
  name: string;
  code: string;
}

/** Calls with curl and with the vendors' SDKs. */
export function snippetsFor(service: string, key: string): Snippet[] {
  return [
    {
      name: 'curl',
      code: `curl ${service}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}'`,
    },
    {
      name: 'OpenAI',
      code: `from openai import OpenAI

client = OpenAI(base_url="${service}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      name: 'Anthropic',
      code: `from anthropic import Anthropic

client = Anthropic(base_url="${service}/providers/claude", api_key="${key}")
message = client.messages.create(
    model="claude-sonnet-4-5",
    max_tokens=200,
    messages=[{"role": "user", "content": "Hello"}],
)
print(message.content[0].text)`,
    },
    {
      name: 'Google',
      code: `from google import genai

client = genai.Client(
    api_key="${key}",
    http_options={"base_url": "${service}/providers/gemini"},
)
answer = client.models.generate_content(model="gemini-2.5-flash", contents="Hello")
print(answer.text)`,
    },
  ];
}
