// An Image API server of level 2, versions 2.1 and 3.0: node server.cjs FOLDER
// It prints its port once it listens. Pictures are at /iiif/VERSION/NAME.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { Processor } = require("iiif-processor");

const folder = path.resolve(process.argv[2]);

const server = http.createServer(async (request, response) => {
  response.setHeader("Access-Control-Allow-Origin", "*"); // viewers stand on other sites
  try {
    const base = `http://${request.headers.host}`;
    const source = ({ id }) => fs.createReadStream(path.join(folder, path.basename(id)));
    const processor = new Processor(base + request.url, async (asked) => source(asked));
    const result = await processor.execute();
    if (result.type === "content") {
      response.writeHead(200, { "Content-Type": result.contentType });
      response.end(result.body);
    } else if (result.type === "redirect") {
      response.writeHead(302, { Location: result.location });
      response.end();
    } else {
      response.writeHead(result.statusCode ?? 400, { "Content-Type": "text/plain" });
      response.end(result.message);
    }
  } catch (error) {
    response.writeHead(error.statusCode ?? 404, { "Content-Type": "text/plain" });
    response.end(String(error.message));
  }
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
