// Shows the API's description in the page; everything that it needs comes from this server.
const place = document.getElementById("api");
SwaggerUIBundle({ url: place.dataset.description, domNode: place, deepLinking: true, validatorUrl: null });
