import { useState } from 'preact/hooks';
import type { Schemas } from '../../api/client';
import { Dialog } from '../../components/dialog';
import { Code, Secret } from '../../components/secret';
import { text } from '../../text';

/** Shows a new secret. It is closed by saying that it is stored: it is never shown again. */
export function ShowSecret({ issued, close }: { issued: Schemas['IssuedKey']; close: () => void }) {
  const [isStored, setStored] = useState(false);
  const { secret } = text.value;
  return (
    <Dialog
      title={secret.title(issued.name)}
      close={isStored ? close : undefined}
      footer={
        <button type="button" class="btn primary" disabled={!isStored} onClick={close}>
          {secret.done}
        </button>
      }
    >
      <p>{secret.says}</p>
      <Secret value={issued.key} />
      <div class="stack tight">
        <h3>{secret.try}</h3>
        <Code value={`curl ${location.origin}/quota -H "X-API-Key: $KEY"`} />
      </div>
      <label class="tick">
        <input type="checkbox" checked={isStored} onChange={(event) => setStored(event.currentTarget.checked)} />
        {secret.stored}
      </label>
    </Dialog>
  );
}
