// Passkeys: a button asks the server for a challenge, the device answers, the answer goes back. No secret passes here.
(() => {
  "use strict";
  const doc = document;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const post = async (url, body) => {
    const token = doc.querySelector("input[name=csrfmiddlewaretoken]").value;
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    const said = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
    if (!answer.ok) throw Object.assign(new Error("refused"), { said });
    return said;
  };

  const use = async (asked) => {
    const found = await navigator.credentials.get({ publicKey: {
      challenge: bytes(asked.challenge), rpId: asked.rp, userVerification: "required",
    } });
    return {
      credential: text(found.rawId), client_data: text(found.response.clientDataJSON),
      authenticator_data: text(found.response.authenticatorData), signature: text(found.response.signature),
    };
  };

  const make = async (asked) => {
    const made = await navigator.credentials.create({ publicKey: {
      challenge: bytes(asked.challenge), rp: { id: asked.rp, name: "Gatehouse" },
      user: { id: bytes(asked.user), name: asked.handle, displayName: `Gatehouse ${asked.handle}` },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })), attestation: "none",
      excludeCredentials: asked.known.map((id) => ({ type: "public-key", id: bytes(id) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    } });
    return {
      client_data: text(made.response.clientDataJSON), attestation: text(made.response.attestationObject),
      attachment: made.authenticatorAttachment || "",
    };
  };

  const fault = (button, error) => {
    const note = doc.getElementById(button.dataset.fault);
    const [what, then] = [note.querySelector("strong"), note.querySelector("p")];
    if (error.said && error.said.what) [what.textContent, then.textContent] = [error.said.what, error.said.do];
    else if (error.name === "SecurityError") [what.textContent, then.textContent] = [note.dataset.where, note.dataset.go];
    else if (error.name === "InvalidStateError") [what.textContent, then.textContent] = [note.dataset.known, ""];
    else [what.textContent, then.textContent] = [note.dataset.stopped, note.dataset.again];
    note.hidden = false;
  };

  doc.querySelectorAll("[data-passkey]").forEach((button) => {
    const here = window.PublicKeyCredential && window.isSecureContext;
    doc.querySelectorAll("[data-without-passkeys]").forEach((note) => { note.hidden = Boolean(here); });
    button.hidden = !here;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const asked = await post(button.dataset.begin, {});
        const made = await (button.dataset.passkey === "make" ? make(asked) : use(asked));
        window.location.assign((await post(button.dataset.finish, made)).to);
      } catch (error) {
        fault(button, error);
      } finally {
        button.disabled = false;
      }
    });
  });
})();
