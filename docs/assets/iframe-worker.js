// Lets the search work on pages that are read from the disk, where browsers start no worker: the same script in a frame.
//
// Does nothing on a server. It has the name by which the theme knows that it need not fetch one from elsewhere.

if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      this.inside = new Promise((resolve, reject) => {
        frame.onload = () => {
          const inside = frame.contentWindow
          // What a worker says to nobody in particular is for the page.
          inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
          const script = frame.contentDocument.createElement("script")
          script.src = address
          script.onload = () => resolve(inside)
          script.onerror = reject
          frame.contentDocument.body.append(script)
        }
      })
      frame.srcdoc = "<!doctype html><title>search</title>"
      document.body.append(frame)
    }

    postMessage(data) {
      this.inside.then(inside => inside.dispatchEvent(new inside.MessageEvent("message", { data })))
    }
  }
}
