console.log("on")
